#pragma once

#include <cstddef>
#include <string>

namespace kirchhoff {

/// Longest text that is read unless a caller says otherwise. A configuration has 10 kB, the
/// episodes of a long search 10 MB.
inline constexpr std::size_t kMaxTextBytes = std::size_t{1} << 28;

/// The contents of a text that a user names: a file, a pipe such as <(…), /dev/stdin. It is UTF-8
/// without NUL bytes and has at most `most` bytes. InputError names the path, and file and line
/// where a byte is none of a text. A pipe gives its text once; asked again, the same text comes
/// back.
std::string file_text(const std::string& path, std::size_t most = kMaxTextBytes);

/// The same for a file that the program stored itself: only a regular one, which is never waited
/// for.
std::string stored_text(const std::string& path, std::size_t most = kMaxTextBytes);

}  // namespace kirchhoff
