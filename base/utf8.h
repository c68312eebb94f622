#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kirchhoff {

/// One character of a text, or one byte of it that is none.
struct Utf8Character {
  std::size_t bytes = 1;
  bool valid = false;
  std::uint32_t code = 0;  ///< the code point, or the byte when it is not valid
};

/// The character at `position`, which must be within the text. Valid is what RFC 3629 says: no
/// overlong forms, no surrogates, nothing above U+10FFFF.
Utf8Character utf8_character(std::string_view text, std::size_t position);

/// The first byte that is not UTF-8 at or after `from`; npos when there is none.
std::size_t find_invalid_utf8(std::string_view text, std::size_t from = 0);

/// The text with U+FFFD in place of every byte that is not UTF-8: what JSON and HTML can hold of
/// names that the file system allows.
std::string valid_utf8(std::string_view text);

}  // namespace kirchhoff
