#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace kirchhoff {

/// The text of a JSON value, the only place where the program writes any: on one line, or indented
/// and with a line end behind it. Bytes that are not UTF-8, which names of files and arguments may
/// have, become U+FFFD.
template <typename Json>
std::string json_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

template <typename Json>
std::string json_text(const Json& json, int indent = 2) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace kirchhoff
