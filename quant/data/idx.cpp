#include "quant/data/idx.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <zlib.h>

#include "traces/error.h"

namespace kirchhoff::quant {
namespace {

constexpr std::uint32_t kImageMagic = 0x00000803;
constexpr std::uint32_t kLabelMagic = 0x00000801;
constexpr std::uint32_t kMaxCount = 10'000'000;
constexpr std::uint32_t kMaxSide = 1024;

/// The bytes of a plain or gzip file, front to back. Nothing is allocated on the word of a header,
/// so a broken or hostile file costs no more memory than its contents.
class ByteReader {
 public:
  explicit ByteReader(const std::string& path) : path_(path) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) {
      throw InputError(fmt::format("{}: not a regular file", path));
    }
    file_.open(path, std::ios::binary);
    if (!file_) throw InputError(fmt::format("{}: cannot be opened for reading", path));
    refill();
    compressed_ = stream_.avail_in >= 2 && input_[0] == 0x1f && input_[1] == 0x8b;
    constexpr int kGzipOnly = 15 + 16;
    if (compressed_ && inflateInit2(&stream_, kGzipOnly) != Z_OK) {
      throw RunError(fmt::format("{}: zlib cannot be initialised", path));
    }
  }
  ~ByteReader() {
    if (compressed_) inflateEnd(&stream_);
  }
  ByteReader(const ByteReader&) = delete;
  ByteReader& operator=(const ByteReader&) = delete;

  /// Up to `count` bytes; fewer only at the end of the data.
  std::size_t read(std::uint8_t* bytes, std::size_t count) {
    const std::size_t got = compressed_ ? read_gzip(bytes, count) : read_plain(bytes, count);
    offset_ += got;
    return got;
  }

  std::uint64_t offset() const { return offset_; }
  const std::string& path() const { return path_; }

  /// Reads a big-endian 32-bit word.
  std::uint32_t word(const char* what) {
    std::array<std::uint8_t, 4> b{};
    if (read(b.data(), b.size()) != b.size()) {
      throw InputError(
          fmt::format("{}: offset {}: the file ends inside the {}", path_, offset_, what));
    }
    return std::uint32_t{b[0]} << 24 | std::uint32_t{b[1]} << 16 | std::uint32_t{b[2]} << 8 | b[3];
  }

  /// A word in [low, high].
  int size(const char* what, std::uint32_t low, std::uint32_t high) {
    const std::uint64_t at = offset_;
    const std::uint32_t value = word(what);
    if (value < low || value > high) {
      throw InputError(fmt::format("{}: offset {}: {} {}: must be in [{}, {}]", path_, at, what,
                                   value, low, high));
    }
    return static_cast<int>(value);
  }

  /// Exactly `count` bytes, which must be the last ones of the file.
  std::vector<std::uint8_t> rest(std::uint64_t count) {
    const std::uint64_t end = offset_ + count;
    std::vector<std::uint8_t> bytes;
    constexpr std::uint64_t kPiece = 1 << 22;
    while (bytes.size() < count) {
      const std::size_t before = bytes.size();
      const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, count - before));
      bytes.resize(before + piece);
      if (read(bytes.data() + before, piece) != piece) {
        throw InputError(
            fmt::format("{}: offset {}: the data ends, {} bytes too early: must be {} bytes", path_,
                        offset_, end - offset_, end));
      }
    }
    std::uint8_t extra = 0;
    if (read(&extra, 1) != 0) {
      throw InputError(fmt::format(
          "{}: offset {}: more data behind the last value: must be {} bytes", path_, end, end));
    }
    return bytes;
  }

 private:
  bool refill() {
    file_.read(reinterpret_cast<char*>(input_.data()), static_cast<std::streamsize>(input_.size()));
    if (file_.bad())
      throw InputError(fmt::format("{}: offset {}: cannot be read", path_, consumed_));
    stream_.next_in = input_.data();
    stream_.avail_in = static_cast<uInt>(file_.gcount());
    return stream_.avail_in > 0;
  }

  std::size_t read_plain(std::uint8_t* bytes, std::size_t count) {
    std::size_t got = 0;
    while (got < count && (stream_.avail_in > 0 || refill())) {
      const std::size_t piece = std::min<std::size_t>(count - got, stream_.avail_in);
      std::copy_n(stream_.next_in, piece, bytes + got);
      stream_.next_in += piece;
      stream_.avail_in -= static_cast<uInt>(piece);
      got += piece;
    }
    return got;
  }

  std::size_t read_gzip(std::uint8_t* bytes, std::size_t count) {
    std::size_t got = 0;
    while (got < count) {
      if (stream_.avail_in == 0 && !refill()) {
        if (at_member_end_) break;
        throw InputError(fmt::format("{}: offset {}: corrupt gzip data: the file ends inside it",
                                     path_, consumed_));
      }
      if (at_member_end_) {
        // A gzip file may consist of several members; their contents follow each other.
        inflateReset(&stream_);
        at_member_end_ = false;
      }
      stream_.next_out = bytes + got;
      stream_.avail_out = static_cast<uInt>(count - got);
      const uInt input_before = stream_.avail_in;
      const int status = inflate(&stream_, Z_NO_FLUSH);
      consumed_ += input_before - stream_.avail_in;
      got = count - stream_.avail_out;
      if (status == Z_STREAM_END) {
        at_member_end_ = true;
      } else if (status != Z_OK && status != Z_BUF_ERROR) {
        throw InputError(fmt::format("{}: offset {}: corrupt gzip data: {}", path_, consumed_,
                                     stream_.msg != nullptr ? stream_.msg : zError(status)));
      }
    }
    return got;
  }

  const std::string path_;
  std::ifstream file_;
  std::array<std::uint8_t, 1 << 16> input_{};
  z_stream stream_{};
  bool compressed_ = false;
  bool at_member_end_ = false;
  std::uint64_t offset_ = 0;    // in the decompressed data
  std::uint64_t consumed_ = 0;  // of the gzip file
};

void check_magic(ByteReader& file, std::uint32_t magic, const char* what) {
  const std::uint32_t found = file.word("magic number");
  if (found != magic) {
    throw InputError(
        fmt::format("{}: offset 0: magic number 0x{:08x}: must be 0x{:08x} (IDX file of {})",
                    file.path(), found, magic, what));
  }
}

}  // namespace

IdxImages read_idx_images(const std::string& path) {
  ByteReader file(path);
  check_magic(file, kImageMagic, "images");
  IdxImages images;
  images.count = file.size("number of images", 1, kMaxCount);
  images.rows = file.size("number of rows", 1, kMaxSide);
  images.columns = file.size("number of columns", 1, kMaxSide);
  images.pixels = file.rest(std::uint64_t{1} * images.count * images.rows * images.columns);
  return images;
}

std::vector<std::uint8_t> read_idx_labels(const std::string& path, int classes) {
  ByteReader file(path);
  check_magic(file, kLabelMagic, "labels");
  const int count = file.size("number of labels", 1, kMaxCount);
  const std::uint64_t first = file.offset();
  std::vector<std::uint8_t> labels = file.rest(static_cast<std::uint64_t>(count));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] >= classes) {
      throw InputError(fmt::format("{}: offset {}: label {}: must be in [0, {}]", path, first + i,
                                   labels[i], classes - 1));
    }
  }
  return labels;
}

}  // namespace kirchhoff::quant
