#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>

#include <nlohmann/json.hpp>

namespace kirchhoff {

/// Strict reading of JSON that comes from outside: files, lines of other programs, and what this
/// program wrote, because a user can have changed it. Every function throws an InputError of one
/// line that begins with `where` and names the key, the value that was found and what is allowed.

/// Deepest nesting of arrays and objects. The library walks values recursively, so that nesting
/// costs stack; nothing of ours is nested deeper than ten.
inline constexpr int kMaxJsonDepth = 64;

/// Parses `text`; the only place where the library's parser is called. A repeated key is an error,
/// because the reader could only guess which one was meant, and so is a number that no double
/// holds. InputError names line and column.
nlohmann::json parse_json(const std::string& text, const std::string& where);
/// The same with the keys in the order of the text.
nlohmann::ordered_json parse_ordered_json(const std::string& text, const std::string& where);

/// A word that may be a number, true, false or null as such; the word as a string otherwise.
nlohmann::ordered_json number_or_text(const std::string& word);
/// Parsed, from a file that a user names (file_text) or that the program stored (stored_text).
nlohmann::json read_json(const std::string& path, std::size_t most);
nlohmann::json read_stored_json(const std::string& path);

/// Calls `read`, which takes values out of what was parsed. The library's complaints about missing
/// keys and other types, and InputErrors that do not name a place, become an InputError that begins
/// with `where`; `what` says what the text should have been, for example "is not the summary of a
/// run".
void read_members(const std::string& where, const std::string& what,
                  const std::function<void()>& read);

/// Demands that `value` is an object that has no keys but `allowed`.
void check_keys(const nlohmann::json& value, const std::string& where,
                std::initializer_list<const char*> allowed);

/// The value of a mandatory key.
const nlohmann::json& member(const nlohmann::json& object, const char* key,
                             const std::string& where);
/// A mandatory string.
std::string string_member(const nlohmann::json& object, const char* key, const std::string& where);
/// A mandatory array.
const nlohmann::json& array_member(const nlohmann::json& object, const char* key,
                                   const std::string& where);
/// A mandatory integer in [low, high].
long long integer_member(const nlohmann::json& object, const char* key, const std::string& where,
                         long long low, long long high);
/// A mandatory number, which is finite.
double number_member(const nlohmann::json& object, const char* key, const std::string& where);
/// `value` itself as an integer in [low, high]; `where` already names it.
long long integer_value(const nlohmann::json& value, const std::string& where, long long low,
                        long long high);
/// The same for 64 bits without a sign, such as seeds.
std::uint64_t unsigned_value(const nlohmann::json& value, const std::string& where);

/// A value for an error message: one line, escaped, cut when it is long.
std::string quoted(const nlohmann::json& value);
/// What the library says of a text or value, without its tag, for an error message.
std::string json_complaint(const nlohmann::json::exception& error);

}  // namespace kirchhoff
