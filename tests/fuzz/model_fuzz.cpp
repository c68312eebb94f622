// Models and checkpoints. Their checksums are made to fit, or nothing else would ever be reached;
// the first byte says what the rest is taken for.
#include <sstream>

#include "agent/search/checkpoint.h"
#include "base/binary_stream.h"
#include "base/checksum.h"
#include "base/digest.h"
#include "quant/model/model.h"
#include "quant/model/tensor_file.h"
#include "quant/network/networks.h"
#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kirchhoff;
  if (size == 0) return 0;
  std::string bytes = fuzz::text_of(data + 1, size - 1);
  static fuzz::InputOnDisk model("a.kmodel"), checkpoint("checkpoint");
  static const quant::Network network = quant::parse_network(
      R"({"name": "tiny", "image": {"channels": 1, "height": 4, "width": 4}, "layers": [
          {"name": "C", "kind": "convolution", "out_channels": 2, "kernel": 3},
          {"name": "F", "kind": "fully_connected", "out_channels": 3}]})",
      "tiny");
  const auto with_crc = [&] {
    const std::uint32_t crc = crc32_of(bytes);
    for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(crc >> (8 * i) & 0xff));
  };
  switch (data[0] % 4) {
    case 0:
      fuzz::accepts([&] { quant::decode_tensor_file("KIRCHHOFF-MODEL 1", bytes, "input"); });
      break;
    case 1: {
      with_crc();
      quant::TensorFile file;
      const char* const kind = "KIRCHHOFF-TRAINING 1";
      if (fuzz::accepts([&] { file = quant::decode_tensor_file(kind, bytes, "input"); })) {
        const std::string again = quant::encode_tensor_file(kind, file);
        fuzz::demand(
            quant::encode_tensor_file(kind, quant::decode_tensor_file(kind, again, "own")) == again,
            "a tensor file is read as it was written");
      }
      break;
    }
    case 2:
      with_crc();
      fuzz::accepts([&] { quant::load_model(model.write(bytes), network); });
      break;
    default: {
      Digest digest;
      digest.add(bytes.data(), bytes.size());
      std::ostringstream file;
      const std::string empty = agent::checkpoint_bytes({});
      file << empty.substr(0, empty.find('\n') + 1);
      write_value(file, digest.value());
      write_string(file, bytes);
      fuzz::accepts([&] { agent::load_checkpoint(checkpoint.write(file.str())); });
    }
  }
  return 0;
}
