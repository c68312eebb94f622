// Data sets: the first byte says what the rest is taken for.
#include "quant/data/cifar10.h"
#include "quant/data/idx.h"
#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kirchhoff;
  if (size == 0) return 0;
  const std::string bytes = fuzz::text_of(data + 1, size - 1);
  static fuzz::InputOnDisk idx("idx"), batch("test_batch.bin"), archive("cifar-10.tar.xz");
  switch (data[0] % 4) {
    case 0: {
      quant::IdxImages images;
      if (fuzz::accepts([&] { images = quant::read_idx_images(idx.write(bytes)); })) {
        fuzz::demand(
            images.pixels.size() == std::size_t{1} * images.count * images.rows * images.columns,
            "every pixel is there");
      }
      break;
    }
    case 1: {
      std::vector<std::uint8_t> labels;
      if (fuzz::accepts([&] { labels = quant::read_idx_labels(idx.write(bytes), 10); })) {
        for (const std::uint8_t label : labels) fuzz::demand(label < 10, "labels have a class");
      }
      break;
    }
    case 2:
      fuzz::accepts([&] { quant::read_cifar10(batch.write(bytes), quant::Part::kTest); });
      break;
    default:
      fuzz::accepts([&] { quant::read_cifar10(archive.write(bytes), quant::Part::kTest); });
  }
  return 0;
}
