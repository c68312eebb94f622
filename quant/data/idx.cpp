#include "quant/data/idx.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "base/quote.h"
#include "quant/data/byte_reader.h"
#include "quant/data/reading_progress.h"

namespace kirchhoff::quant {
namespace {

constexpr std::uint32_t kImageMagic = 0x00000803;
constexpr std::uint32_t kLabelMagic = 0x00000801;
constexpr std::uint32_t kMaxCount = 10'000'000;
constexpr std::uint32_t kLongestSide = 1024;

/// More than every data set of small images has; a header that claims more costs nothing.
constexpr std::uint64_t kMaxValues = std::uint64_t{1} << 31;

/// Reads a big-endian 32-bit word.
std::uint32_t word(ByteReader& file, const char* what) {
  std::array<std::uint8_t, 4> b{};
  if (file.read(b.data(), b.size()) != b.size()) {
    throw InputError(fmt::format("{}: offset {}: the file ends inside the {}",
                                 shown_path(file.path()), file.offset(), what));
  }
  return std::uint32_t{b[0]} << 24 | std::uint32_t{b[1]} << 16 | std::uint32_t{b[2]} << 8 | b[3];
}

/// A word in [low, high].
int size(ByteReader& file, const char* what, std::uint32_t low, std::uint32_t high) {
  const std::uint64_t at = file.offset();
  const std::uint32_t value = word(file, what);
  if (value < low || value > high) {
    throw InputError(fmt::format("{}: offset {}: {} {}: must be in [{}, {}]",
                                 shown_path(file.path()), at, what, value, low, high));
  }
  return static_cast<int>(value);
}

/// Exactly `count` bytes, which must be the last ones of the file. Memory is taken for what is
/// there: at once when the file is as long as it says, by and by when it is compressed.
std::vector<std::uint8_t> rest(ByteReader& file, std::uint64_t count) {
  const std::string path = shown_path(file.path());
  const std::uint64_t begin = file.offset(), end = begin + count;
  const auto too_early = [&](std::uint64_t there) {
    return InputError(
        fmt::format("{}: offset {}: the data ends, {} bytes too early: must be {} bytes", path,
                    there, end - there, end));
  };
  if (!file.compressed() && file.left() < count) throw too_early(begin + file.left());
  if (count > kMaxValues) {
    throw InputError(
        fmt::format("{}: offset 4: {} values: must be at most {}", path, count, kMaxValues));
  }
  ReadingProgress progress(file.path(), count);
  std::vector<std::uint8_t> bytes;
  if (!file.compressed()) bytes.reserve(count);
  constexpr std::uint64_t kPiece = 1 << 22;
  while (bytes.size() < count) {
    const std::size_t before = bytes.size();
    const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, count - before));
    bytes.resize(before + piece);
    if (file.read(bytes.data() + before, piece) != piece) throw too_early(file.offset());
    progress.update(bytes.size());
  }
  std::uint8_t extra = 0;
  if (file.read(&extra, 1) != 0) {
    throw InputError(fmt::format("{}: offset {}: more data behind the last value: must be {} bytes",
                                 path, end, end));
  }
  return bytes;
}

void check_magic(ByteReader& file, std::uint32_t magic, const char* what) {
  const std::uint32_t found = word(file, "magic number");
  if (found != magic) {
    throw InputError(
        fmt::format("{}: offset 0: magic number 0x{:08x}: must be 0x{:08x} (IDX file of {})",
                    shown_path(file.path()), found, magic, what));
  }
}

}  // namespace

IdxImages read_idx_images(const std::string& path) {
  ByteReader file(path);
  check_magic(file, kImageMagic, "images");
  IdxImages images;
  images.count = size(file, "number of images", 1, kMaxCount);
  images.rows = size(file, "number of rows", 1, kLongestSide);
  images.columns = size(file, "number of columns", 1, kLongestSide);
  images.pixels = rest(file, std::uint64_t{1} * images.count * images.rows * images.columns);
  return images;
}

std::vector<std::uint8_t> read_idx_labels(const std::string& path, int classes) {
  ByteReader file(path);
  check_magic(file, kLabelMagic, "labels");
  const int count = size(file, "number of labels", 1, kMaxCount);
  const std::uint64_t first = file.offset();
  std::vector<std::uint8_t> labels = rest(file, static_cast<std::uint64_t>(count));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] >= classes) {
      throw InputError(fmt::format("{}: offset {}: label {}: must be in [0, {}]", shown_path(path),
                                   first + i, labels[i], classes - 1));
    }
  }
  return labels;
}

}  // namespace kirchhoff::quant
