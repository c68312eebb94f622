// Writes the inputs that fuzzing starts from: small ones that the readers accept, made by the
// program's own writers, so that they follow the formats. Argument: the folder.
#include <sstream>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <zlib.h>

#include "agent/search/checkpoint.h"
#include "hw/config/config_loader.h"
#include "quant/model/model.h"
#include "quant/model/tensor_file.h"
#include "quant/network/networks.h"
#include "quant/network/policy.h"
#include "quant/network/policy_formats.h"
#include "tests/fuzz/target.h"
#include "tests/support/xz.h"

namespace kirchhoff::fuzz {
namespace {

class Corpus {
 public:
  Corpus(const std::string& folder, const std::string& target) : folder_(folder + "/" + target) {
    std::filesystem::create_directories(folder_);
  }
  void add(const std::string& bytes) {
    std::ofstream(fmt::format("{}/seed-{:02}", folder_, number_++), std::ios::binary) << bytes;
  }
  void add(char kind, const std::string& bytes) { add(kind + bytes); }

 private:
  const std::string folder_;
  int number_ = 0;
};

std::string packed(const std::string& bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) std::abort();
  std::string out(bytes.size() + 1000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) std::abort();
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string archived(int filter, const std::string& name, const std::string& bytes) {
  std::string out(1 << 16, '\0');
  std::size_t used = 0;
  archive* writer = archive_write_new();
  archive_write_add_filter(writer, filter);
  archive_write_set_format_pax_restricted(writer);
  archive_write_open_memory(writer, out.data(), out.size(), &used);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, name.c_str());
  archive_entry_set_size(entry, static_cast<la_int64_t>(bytes.size()));
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_perm(entry, 0644);
  archive_write_header(writer, entry);
  archive_write_data(writer, bytes.data(), bytes.size());
  archive_entry_free(entry);
  archive_write_free(writer);
  return out.substr(0, used);
}

std::string word(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<char>(value >> shift & 0xff));
  return bytes;
}

void json_seeds(Corpus corpus) {
  const quant::Network lenet5 = quant::lenet5();
  corpus.add(quant::policy_json(quant::Policy::uniform(lenet5, 6, 4), lenet5));
  corpus.add(quant::policy_csv(quant::Policy::uniform(lenet5, 6, 4), lenet5));
  corpus.add("best policy: " + quant::policy_haq(quant::Policy::uniform(lenet5, 6, 8), lenet5));
  corpus.add("[(8, -1), (6, 4,), (5, 4), (6, 6), (8, 8)]");
  corpus.add("8/8,6/4,5/4,6/6,8/8");
  corpus.add("w16a2");
  corpus.add(quant::graph_json(quant::find_graph("resnet8")));
  corpus.add(R"({"name": "n", "image": {"channels": 1, "height": 28, "width": 28}, "layers": [
    {"name": "a", "kind": "convolution", "out_channels": 4, "kernel": [5, 3], "stride": 2,
     "padding": 1, "pool": 2}, {"name": "b", "kind": "fully_connected", "out_channels": 10}]})");
  corpus.add(R"({"name": "\u00e9\ud83d\ude00", "image": [1e400, -1, 18446744073709551616]})");
  corpus.add(std::string(100, '['));
}

void data_seeds(Corpus corpus) {
  const std::string images = word(0x803) + word(2) + word(2) + word(3) + "abcdefghijkl";
  const std::string labels = word(0x801) + word(3) + std::string("\x01\x00\x09", 3);
  corpus.add('\0', images);
  corpus.add('\0', packed(images));
  corpus.add('\0', packed(images.substr(0, 9)) + packed(images.substr(9)) + std::string(9, '\0'));
  corpus.add('\1', labels);
  corpus.add('\1', packed(labels));
  corpus.add('\2', packed(std::string(3073, '\1')));
  for (const int filter : {ARCHIVE_FILTER_NONE, ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_XZ}) {
    corpus.add('\3', archived(filter, "x/test_batch.bin", std::string(100, '\1')));
    corpus.add('\3', archived(filter, std::string(300, 'n'), "other"));
  }
}

void model_seeds(Corpus corpus) {
  quant::Model model;
  model.network = quant::parse_network(
      R"({"name": "tiny", "image": {"channels": 1, "height": 4, "width": 4}, "layers": [
          {"name": "C", "kind": "convolution", "out_channels": 2, "kernel": 3},
          {"name": "F", "kind": "fully_connected", "out_channels": 3}]})",
      "tiny");
  model.dataset = "mnist";
  model.provenance = R"({"command": "none"})";
  for (const quant::Layer& layer : model.network.layers) {
    const auto outputs = static_cast<std::size_t>(layer.out_channels);
    model.layers.push_back(
        {std::vector<float>(outputs * static_cast<std::size_t>(layer.rows()), 0.5f),
         std::vector<float>(outputs, -1.0f)});
  }
  InputOnDisk file("a.kmodel");
  const auto saved = [&] {
    const std::string path = file.write("");
    quant::save_model(model, path);
    std::ifstream stream(path, std::ios::binary);
    std::ostringstream bytes;
    bytes << stream.rdbuf();
    return bytes.str();
  };
  for (const bool half : {false, true}) {
    model.half = half;
    if (half) model.clips = quant::TunedClips{"8/8,6/4", {1.0f, 2.0f}, {3.0f, 4.0f}};
    const std::string bytes = saved();
    corpus.add('\0', bytes);
    corpus.add('\2', bytes.substr(0, bytes.size() - 4));
  }
  quant::TensorFile training;
  training.header["epochs_done"] = 1;
  training.tensors.push_back({"parameters", {2, 2}, {1.0f, 2.0f, 3.0f, 4.0f}, false});
  const std::string bytes = quant::encode_tensor_file("KIRCHHOFF-TRAINING 1", training);
  corpus.add('\1', bytes.substr(0, bytes.size() - 4));

  agent::Checkpoint checkpoint;
  checkpoint.episodes = 12;
  checkpoint.top.resize(2);
  for (agent::BestEpisode& best : checkpoint.top) best.policy.layers.resize(3);
  checkpoint.method = "method";
  checkpoint.environment = "environment";
  checkpoint.search_used.emplace();
  const std::string whole = agent::checkpoint_bytes(checkpoint);
  corpus.add('\3', whole.substr(whole.find('\n') + 1 + 16));  // without digest and length
}

void stored_seeds(Corpus corpus) {
  const std::string table = "episode,policy,cost_ratio\n1,\"8/8,6/4\",0.5\n2,\"8/8,2/2\",\n";
  const std::string unused(1, '\0');
  corpus.add('\0', unused + xz_of(table));
  corpus.add('\0', unused + xz_of(table) + xz_of("3,,\n"));
  corpus.add('\0', unused + table);
  corpus.add('\1', unused + table);
  corpus.add('\1', unused + "a,b\n1,\"x, \"\"y\"\"\"\n'=1,\xc3\xa9\r\n");
  const std::string member = "what it holds";
  const std::string size(1, static_cast<char>(member.size()));
  corpus.add('\2', size + member + "\x01\x02\x03\x04");
  corpus.add('\3', size + member);
  corpus.add('\3', unused);
}

void text_seeds(Corpus corpus) {
  corpus.add(hw::ConfigLoader().to_ini());
  corpus.add("[adc]\nbits = 8 ; source: nobody\n# comment\n[noc]\nflit_bits=32\r\n");
  corpus.add("\xef\xbb\xbf[adc]\nbits = 9999999999999999999\n");
  corpus.add("a,b,c\n1,\"x, \"\"y\"\"\",3\n,,\n");
}

}  // namespace
}  // namespace kirchhoff::fuzz

int main(int argc, char** argv) {
  using namespace kirchhoff::fuzz;
  if (argc != 2) return 2;
  json_seeds({argv[1], "json"});
  data_seeds({argv[1], "data"});
  model_seeds({argv[1], "model"});
  stored_seeds({argv[1], "stored"});
  text_seeds({argv[1], "text"});
  return 0;
}
