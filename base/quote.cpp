#include "base/quote.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/printable.h"
#include "base/utf8.h"

namespace kirchhoff {
namespace {

std::string escaped(const Utf8Character& c) {
  if (c.valid && c.code == '\n') return "\\n";
  if (c.valid && c.code == '\r') return "\\r";
  if (c.valid && c.code == '\t') return "\\t";
  return c.valid && c.code >= 0x80 ? fmt::format("\\u{:04x}", c.code)
                                   : fmt::format("\\x{:02x}", c.code);
}

}  // namespace

std::string quote(std::string_view found, std::size_t most) {
  constexpr std::string_view kCut = "...";
  const std::size_t room = most - std::min(most, kCut.size());
  std::string text;
  std::size_t characters = 0;
  std::size_t cut = 0;  // the bytes of `text` that stay when it gets too long
  for (std::size_t at = 0; at < found.size();) {
    const Utf8Character c = utf8_character(found, at);
    const bool plain = c.valid && !steers_terminal(c.code);
    const std::string piece = plain ? std::string(found.substr(at, c.bytes)) : escaped(c);
    characters += plain ? 1 : piece.size();
    if (characters > most) return text.substr(0, cut).append(kCut.substr(0, most));
    text += piece;
    if (characters <= room) cut = text.size();
    at += c.bytes;
  }
  return text;
}

std::string quoted_text(std::string_view found, std::size_t most) {
  return '"' + quote(found, most) + '"';
}

std::string shown_path(std::string_view path) {
  constexpr std::size_t kLongestPath = 4096;
  return quote(path, kLongestPath);
}

}  // namespace kirchhoff
