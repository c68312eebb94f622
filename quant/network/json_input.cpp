#include "quant/network/json_input.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "traces/error.h"

namespace kirchhoff::quant {
namespace {

std::string shortened(std::string text) {
  constexpr std::size_t kLongest = 60;
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "...";
  return text;
}

}  // namespace

std::string read_input_file(const std::string& path, std::size_t max_bytes) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) throw InputError(fmt::format("{}: no such file", path));
  if (!std::filesystem::is_regular_file(status)) {
    throw InputError(fmt::format("{}: not a regular file", path));
  }
  const auto size = std::filesystem::file_size(path, error);
  if (error) throw InputError(fmt::format("{}: cannot be read: {}", path, error.message()));
  if (size > max_bytes) {
    throw InputError(fmt::format("{}: {} bytes: must be at most {}", path, size, max_bytes));
  }
  std::ifstream file(path, std::ios::binary);
  std::string bytes(static_cast<std::size_t>(size), '\0');
  if (!file || !file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
    throw InputError(fmt::format("{}: cannot be read: {}", path, std::strerror(errno)));
  }
  return bytes;
}

nlohmann::json parse_json(const std::string& text, const std::string& where) {
  using Event = nlohmann::json::parse_event_t;
  std::vector<std::set<std::string>> open_objects;
  const auto watch_keys = [&](int, Event event, nlohmann::json& parsed) {
    if (event == Event::object_start) open_objects.emplace_back();
    if (event == Event::object_end) open_objects.pop_back();
    if (event == Event::key) {
      const auto key = parsed.get<std::string>();
      if (!open_objects.back().insert(key).second) {
        throw InputError(
            fmt::format("{}: key {} appears twice in one object", where, quoted_text(key)));
      }
    }
    return true;
  };
  try {
    return nlohmann::json::parse(text, watch_keys);
  } catch (const nlohmann::json::exception& error) {
    // The library's texts start with a tag in brackets that means nothing to a user.
    std::string what = error.what();
    const auto tag = what.find("] ");
    if (tag != std::string::npos) what = what.substr(tag + 2);
    std::replace(what.begin(), what.end(), '\n', ' ');
    throw InputError(fmt::format("{}: not valid JSON: {}", where, what));
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

std::string quoted(const nlohmann::json& value) {
  return shortened(value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace));
}

std::string quoted_text(const std::string& text) { return '"' + shortened(text) + '"'; }

}  // namespace kirchhoff::quant
