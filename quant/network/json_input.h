#pragma once

#include <initializer_list>
#include <string>

#include <nlohmann/json.hpp>

namespace kirchhoff::quant {

/// Strict reading of JSON that a user wrote. Every function throws an InputError of one line that
/// begins with `where` and names the key, the value that was found and what is allowed.

/// The bytes of a regular file of at most `max_bytes`.
std::string read_input_file(const std::string& path, std::size_t max_bytes);

/// Parses `text`; a repeated key is an error, because the reader could only guess which one was
/// meant.
nlohmann::json parse_json(const std::string& text, const std::string& where);

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
/// `value` itself as an integer in [low, high]; `where` already names it.
long long integer_value(const nlohmann::json& value, const std::string& where, long long low,
                        long long high);

/// A value for an error message: one line, cut when it is long.
std::string quoted(const nlohmann::json& value);
/// User text for an error message: quoted, control characters replaced, cut when it is long.
std::string quoted_text(const std::string& text);

}  // namespace kirchhoff::quant
