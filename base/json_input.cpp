#include "base/json_input.h"

#include <algorithm>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file_text.h"
#include "base/json_text.h"
#include "base/quote.h"

namespace kirchhoff {
namespace {

/// Long enough for the library's sentence, which holds a token of the text.
constexpr std::size_t kLongestComplaint = 240;

// Ahead of the parser, so that neither it nor anything after it meets a deep text.
void check_depth(const std::string& text, const std::string& where) {
  int depth = 0;
  bool in_string = false;
  std::size_t line = 1, line_begin = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n') {
      ++line;
      line_begin = at + 1;
    }
    if (in_string) {
      if (c == '\\') ++at;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxJsonDepth) {
        throw InputError(
            fmt::format("{}: line {}, column {}: arrays and objects are nested more "
                        "than {} deep",
                        where, line, at - line_begin + 1, kMaxJsonDepth));
      }
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
}

template <typename Json>
Json parse(const std::string& text, const std::string& where) {
  check_depth(text, where);
  using Event = typename Json::parse_event_t;
  std::vector<std::set<std::string>> open_objects;
  const auto watch_keys = [&](int, Event event, Json& parsed) {
    if (event == Event::object_start) open_objects.emplace_back();
    if (event == Event::object_end) open_objects.pop_back();
    if (event == Event::key) {
      const auto key = parsed.template get<std::string>();
      if (!open_objects.back().insert(key).second) {
        throw InputError(
            fmt::format("{}: key {} appears twice in one object", where, quoted_text(key)));
      }
    }
    return true;
  };
  try {
    return Json::parse(text, watch_keys);
  } catch (const nlohmann::json::exception& error) {
    throw InputError(fmt::format("{}: not valid JSON: {}", where, json_complaint(error)));
  }
}

}  // namespace

nlohmann::json parse_json(const std::string& text, const std::string& where) {
  return parse<nlohmann::json>(text, where);
}

nlohmann::ordered_json parse_ordered_json(const std::string& text, const std::string& where) {
  return parse<nlohmann::ordered_json>(text, where);
}

nlohmann::ordered_json number_or_text(const std::string& word) {
  auto value = nlohmann::ordered_json::parse(word, nullptr, false);
  return value.is_primitive() && !value.is_discarded() ? value : nlohmann::ordered_json(word);
}

nlohmann::json read_json(const std::string& path, std::size_t most) {
  return parse_json(file_text(path, most), shown_path(path));
}

nlohmann::json read_stored_json(const std::string& path) {
  return parse_json(stored_text(path), shown_path(path));
}

void read_members(const std::string& where, const std::string& what,
                  const std::function<void()>& read) {
  try {
    read();
  } catch (const nlohmann::json::exception& error) {
    throw InputError(fmt::format("{}: {}: {}", where, what, json_complaint(error)));
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: {}", where, error.what()));
  }
}

void check_keys(const nlohmann::json& value, const std::string& where,
                std::initializer_list<const char*> allowed) {
  if (!value.is_object()) {
    throw InputError(fmt::format("{}: {}: must be an object", where, quoted(value)));
  }
  for (const auto& item : value.items()) {
    const bool known = std::any_of(allowed.begin(), allowed.end(),
                                   [&](const char* key) { return item.key() == key; });
    if (!known) {
      throw InputError(fmt::format("{}: unknown key {}: allowed are {}", where,
                                   quoted_text(item.key()), fmt::join(allowed, ", ")));
    }
  }
}

const nlohmann::json& member(const nlohmann::json& object, const char* key,
                             const std::string& where) {
  const auto found = object.find(key);
  if (found == object.end()) throw InputError(fmt::format("{}: key \"{}\" is missing", where, key));
  return *found;
}

std::string string_member(const nlohmann::json& object, const char* key, const std::string& where) {
  const auto& value = member(object, key, where);
  if (!value.is_string()) {
    throw InputError(fmt::format("{}: {} = {}: must be a string", where, key, quoted(value)));
  }
  return value.get<std::string>();
}

const nlohmann::json& array_member(const nlohmann::json& object, const char* key,
                                   const std::string& where) {
  const auto& value = member(object, key, where);
  if (!value.is_array()) {
    throw InputError(fmt::format("{}: {} = {}: must be an array", where, key, quoted(value)));
  }
  return value;
}

long long integer_member(const nlohmann::json& object, const char* key, const std::string& where,
                         long long low, long long high) {
  return integer_value(member(object, key, where), fmt::format("{}: {}", where, key), low, high);
}

long long integer_value(const nlohmann::json& value, const std::string& where, long long low,
                        long long high) {
  const auto allowed = [&] {
    return InputError(
        fmt::format("{} = {}: must be an integer in [{}, {}]", where, quoted(value), low, high));
  };
  if (!value.is_number_integer()) throw allowed();
  // Beyond the signed range the library would wrap the number around.
  if (value.is_number_unsigned() &&
      value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)) {
    throw allowed();
  }
  const auto number = value.get<std::int64_t>();
  if (number < low || number > high) throw allowed();
  return number;
}

std::uint64_t unsigned_value(const nlohmann::json& value, const std::string& where) {
  if (!value.is_number_unsigned()) {
    throw InputError(
        fmt::format("{} = {}: must be an integer of at least 0", where, quoted(value)));
  }
  return value.get<std::uint64_t>();
}

double number_member(const nlohmann::json& object, const char* key, const std::string& where) {
  const auto& value = member(object, key, where);
  if (!value.is_number()) {
    throw InputError(fmt::format("{}: {} = {}: must be a number", where, key, quoted(value)));
  }
  return value.get<double>();
}

std::string quoted(const nlohmann::json& value) { return quote(json_line(value)); }

std::string json_complaint(const nlohmann::json::exception& error) {
  // The library's texts start with a tag in brackets that means nothing to a user.
  std::string what = error.what();
  const auto tag = what.find("] ");
  if (tag != std::string::npos) what = what.substr(tag + 2);
  std::replace(what.begin(), what.end(), '\n', ' ');
  return quote(what, kLongestComplaint);
}

}  // namespace kirchhoff
