#include "traces/printable.h"

#include <cstddef>

#include <fmt/format.h>

namespace kirchhoff {
namespace {

enum class Piece { kCharacter, kInvalid, kUnfinished };

struct Next {
  Piece piece;
  std::size_t bytes;
  char32_t code = 0;
};

/// The first character of a text that is not empty (Unicode 15, table 3-7).
Next next_of(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {Piece::kCharacter, 1, first};
  const std::size_t bytes = first >= 0xc2 && first <= 0xdf   ? 2
                            : first >= 0xe0 && first <= 0xef ? 3
                            : first >= 0xf0 && first <= 0xf4 ? 4
                                                             : 0;
  if (bytes == 0) return {Piece::kInvalid, 1};
  char32_t code = first & (0xffU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if (i == text.size()) return {Piece::kUnfinished, i};
    unsigned char low = 0x80, high = 0xbf;
    if (i == 1) {
      if (first == 0xe0) low = 0xa0;
      if (first == 0xed) high = 0x9f;
      if (first == 0xf0) low = 0x90;
      if (first == 0xf4) high = 0x8f;
    }
    if (byte(i) < low || byte(i) > high) return {Piece::kInvalid, i};
    code = (code << 6) | (byte(i) & 0x3fU);
  }
  return {Piece::kCharacter, bytes, code};
}

bool steers(char32_t code) {
  return (code < 0x20 && code != '\n' && code != '\t') || (code >= 0x7f && code <= 0x9f);
}

void spell(std::string& out, std::string_view bytes) {
  for (const char c : bytes) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
}

}  // namespace

std::string PrintableStream::feed(std::string_view piece) {
  std::string joined;
  if (!waiting_.empty()) {
    joined = waiting_.append(piece);
    piece = joined;
    waiting_.clear();
  }
  std::string out;
  while (!piece.empty()) {
    const Next next = next_of(piece);
    if (next.piece == Piece::kUnfinished) {
      waiting_ = piece;
      break;
    }
    if (next.piece == Piece::kInvalid) {
      spell(out, piece.substr(0, next.bytes));
    } else if (steers(next.code)) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(next.code));
    } else {
      out += piece.substr(0, next.bytes);
    }
    piece.remove_prefix(next.bytes);
  }
  return out;
}

std::string PrintableStream::rest() {
  std::string out;
  spell(out, waiting_);
  waiting_.clear();
  return out;
}

std::string printable(std::string_view text) {
  PrintableStream stream;
  std::string out = stream.feed(text);
  return out + stream.rest();
}

}  // namespace kirchhoff
