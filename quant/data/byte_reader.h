#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include <zlib.h>

#include "base/input_file.h"

namespace kirchhoff::quant {

/// The bytes of a regular file, front to back; those of a gzip file (told by its contents, not by
/// its name) decompressed, with the checksum and the length of every member checked. Zeros behind
/// the last member are padding, as for gzip; anything else there is an error, because it may be a
/// member that was damaged. InputError names the file and the offset.
class ByteReader {
 public:
  explicit ByteReader(const std::string& path);
  ~ByteReader();
  ByteReader(const ByteReader&) = delete;
  ByteReader& operator=(const ByteReader&) = delete;

  /// Up to `count` bytes; fewer only at the end of the data.
  std::size_t read(std::uint8_t* bytes, std::size_t count);

  /// In the decompressed data.
  std::uint64_t offset() const { return offset_; }
  const std::string& path() const { return file_.path(); }
  bool compressed() const { return compressed_; }
  /// Bytes that a plain file has behind the offset; what a gzip file holds nobody knows.
  std::uint64_t left() const { return file_.size() > offset_ ? file_.size() - offset_ : 0; }

 private:
  bool refill();
  std::size_t read_plain(std::uint8_t* bytes, std::size_t count);
  std::size_t read_gzip(std::uint8_t* bytes, std::size_t count);
  bool at_padding();
  [[noreturn]] void refuse(const std::string& reason) const;

  InputFile file_;
  std::array<std::uint8_t, 1 << 16> input_{};
  z_stream stream_{};
  bool compressed_ = false;
  bool at_member_end_ = false;
  std::uint64_t offset_ = 0;
  std::uint64_t consumed_ = 0;  // of the gzip file
};

}  // namespace kirchhoff::quant
