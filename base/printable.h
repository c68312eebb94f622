#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kirchhoff {

/// Control characters (C0, C1, DEL), line separators, and what changes the direction of writing or
/// is invisible: U+200B to U+200F, U+2028 to U+202E, U+2060 to U+2069, U+FEFF.
bool steers_terminal(std::uint32_t code);

/// A text as a terminal may show it: characters that would steer it are spelled out as JSON does,
/// and bytes that are no UTF-8 with an x before their two digits. Line ends and tabs stay. A JSON
/// text stays the same JSON.
std::string printable(std::string_view text);

/// The same for a text that comes in pieces, which may be cut inside a character.
class PrintableStream {
 public:
  /// What can be shown so far; the beginning of a character waits for its rest.
  std::string feed(std::string_view piece);
  /// What still waits, which is no character then.
  std::string rest();

 private:
  std::string waiting_;
};

}  // namespace kirchhoff
