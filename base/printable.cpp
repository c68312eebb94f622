#include "base/printable.h"

#include <fmt/format.h>

#include "base/utf8.h"

namespace kirchhoff {
namespace {

void spell(std::string& out, std::string_view bytes) {
  for (const char c : bytes) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
}

/// Whether the bytes may be the beginning of a character whose rest is still to come.
bool unfinished(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes.front());
  const std::size_t needed = first >= 0xf0 && first <= 0xf4   ? 4
                             : first >= 0xe0 && first <= 0xef ? 3
                             : first >= 0xc2 && first <= 0xdf ? 2
                                                              : 1;
  if (bytes.size() >= needed) return false;
  for (const char c : bytes.substr(1)) {
    if ((static_cast<unsigned char>(c) & 0xc0U) != 0x80U) return false;
  }
  return true;
}

}  // namespace

bool steers_terminal(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200b && code <= 0x200f) ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x2069) || code == 0xfeff;
}

std::string PrintableStream::feed(std::string_view piece) {
  const std::string text = waiting_.append(piece);
  waiting_.clear();
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Character c = utf8_character(text, at);
    const std::string_view bytes = std::string_view(text).substr(at, c.bytes);
    if (!c.valid && unfinished(std::string_view(text).substr(at))) {
      waiting_ = text.substr(at);
      break;
    }
    if (!c.valid) {
      spell(out, bytes);
    } else if (steers_terminal(c.code) && c.code != '\n' && c.code != '\t') {
      out += fmt::format("\\u{:04x}", c.code);
    } else {
      out += bytes;
    }
    at += c.bytes;
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
