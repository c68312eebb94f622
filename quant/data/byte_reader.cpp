#include "quant/data/byte_reader.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/quote.h"

namespace kirchhoff::quant {

ByteReader::ByteReader(const std::string& path) : file_(path, InputKind::kFile) {
  refill();
  compressed_ = stream_.avail_in >= 2 && input_[0] == 0x1f && input_[1] == 0x8b;
  constexpr int kGzipOnly = 15 + 16;
  if (compressed_ && inflateInit2(&stream_, kGzipOnly) != Z_OK) {
    throw RunError(fmt::format("{}: zlib cannot be initialised", shown_path(path)));
  }
}

ByteReader::~ByteReader() {
  if (compressed_) inflateEnd(&stream_);
}

std::size_t ByteReader::read(std::uint8_t* bytes, std::size_t count) {
  const std::size_t got = compressed_ ? read_gzip(bytes, count) : read_plain(bytes, count);
  offset_ += got;
  return got;
}

bool ByteReader::refill() {
  stream_.avail_in = static_cast<uInt>(file_.read(input_.data(), input_.size()));
  stream_.next_in = input_.data();
  return stream_.avail_in > 0;
}

std::size_t ByteReader::read_plain(std::uint8_t* bytes, std::size_t count) {
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

void ByteReader::refuse(const std::string& reason) const {
  throw InputError(
      fmt::format("{}: offset {}: corrupt gzip data: {}", shown_path(path()), consumed_, reason));
}

// Behind a member: true when nothing but zeros follows. Otherwise the next byte begins a member.
bool ByteReader::at_padding() {
  bool zeros = false;
  while (stream_.avail_in > 0 || refill()) {
    if (*stream_.next_in != 0) {
      if (zeros) refuse("more data behind zeros");
      return false;
    }
    zeros = true;
    ++stream_.next_in;
    --stream_.avail_in;
    ++consumed_;
  }
  return true;
}

std::size_t ByteReader::read_gzip(std::uint8_t* bytes, std::size_t count) {
  std::size_t got = 0;
  while (got < count) {
    if (at_member_end_) {
      if (at_padding()) break;
      // A gzip file may consist of several members; their contents follow each other.
      inflateReset(&stream_);
      at_member_end_ = false;
    }
    if (stream_.avail_in == 0 && !refill()) refuse("the file ends inside it");
    stream_.next_out = bytes + got;
    stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(count - got, std::size_t{1} << 30));
    const uInt room = stream_.avail_out;
    const uInt input_before = stream_.avail_in;
    const int status = inflate(&stream_, Z_NO_FLUSH);
    consumed_ += input_before - stream_.avail_in;
    got += room - stream_.avail_out;
    if (status == Z_STREAM_END) {
      at_member_end_ = true;
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      refuse(stream_.msg != nullptr ? stream_.msg : zError(status));
    }
  }
  return got;
}

}  // namespace kirchhoff::quant
