#include "base/utf8.h"

namespace kirchhoff {

Utf8Character utf8_character(std::string_view text, std::size_t position) {
  const auto byte = [&](std::size_t i) {
    return position + i < text.size() ? static_cast<std::uint8_t>(text[position + i]) : 0U;
  };
  const std::uint32_t first = byte(0);
  if (first < 0x80) return {1, true, first};
  const std::size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return {1, false, first};
  std::uint32_t code = first & (0xffU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return {1, false, first};
    code = code << 6U | (byte(i) & 0x3fU);
  }
  const bool overlong = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (overlong || surrogate || code > 0x10ffff) return {1, false, first};
  return {bytes, true, code};
}

std::size_t find_invalid_utf8(std::string_view text, std::size_t from) {
  while (from < text.size()) {
    const Utf8Character c = utf8_character(text, from);
    if (!c.valid) return from;
    from += c.bytes;
  }
  return std::string_view::npos;
}

std::string valid_utf8(std::string_view text) {
  std::string valid;
  std::size_t begin = 0;
  for (std::size_t at = 0; (at = find_invalid_utf8(text, begin)) != std::string_view::npos;) {
    valid.append(text, begin, at - begin).append("\xef\xbf\xbd");
    begin = at + 1;
  }
  return valid.append(text, begin, text.size() - begin);
}

}  // namespace kirchhoff
