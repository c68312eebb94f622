#include "cli/commands/serve_request.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json_input.h"
#include "base/nearest.h"
#include "base/quote.h"
#include "hw/config/config_loader.h"

namespace kirchhoff::cli {
namespace {

using nlohmann::json;

constexpr std::array<const char*, 4> kWants = {"cost", "layers", "accuracy", "info"};

std::vector<std::string> read_wants(const json& want) {
  const std::string allowed = fmt::format("{}", fmt::join(kWants, ", "));
  if (!want.is_array() || want.empty() ||
      !std::all_of(want.begin(), want.end(), [](const json& one) { return one.is_string(); })) {
    throw InputError("want: must be a list of some of " + allowed);
  }
  const auto names = want.get<std::vector<std::string>>();
  for (const std::string& name : names) {
    if (std::find(kWants.begin(), kWants.end(), name) == kWants.end())
      throw InputError(fmt::format("want: {}: must be one of {}", quote(name), allowed));
  }
  return names;
}

Split read_split(const json& split) {
  if (split == "validation") return Split::kValidation;
  if (split == "test") return Split::kTest;
  throw InputError(fmt::format("split: {}: must be validation or test", quoted(split)));
}

/// InputError when the program knows no such key, or not with this value.
void check_key(const std::string& key, const std::string& value) {
  hw::ConfigLoader loader;
  std::vector<std::string> names;
  for (const hw::ConfigEntry& entry : loader.entries()) names.push_back(entry.key);
  if (std::find(names.begin(), names.end(), key) == names.end()) {
    const std::string near = nearest(key, names);
    throw InputError(fmt::format("hardware: {}: unknown key{}", quote(key),
                                 near.empty() ? "" : "; did you mean " + near + "?"));
  }
  try {
    loader.set_from_flag(key, value);
  } catch (const InputError& error) {
    const std::string message = error.what();
    throw InputError("hardware: " + message.substr(message.find_first_not_of('-')));
  }
}

std::map<std::string, std::string> read_hardware(const json& keys) {
  if (!keys.is_object())
    throw InputError(R"(hardware: must be an object of keys, such as {"adc.bits": 6})");
  std::map<std::string, std::string> hardware;
  // Each key by itself; how they go together is seen by who builds that chip.
  for (const auto& [key, value] : keys.items()) {
    if (value.is_structured() || value.is_null()) {
      throw InputError(
          fmt::format("hardware: {} = {}: must be a value", quote(key), quoted(value)));
    }
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    check_key(key, text);
    hardware[key] = text;
  }
  return hardware;
}

std::size_t end_of_string(const std::string& text, std::size_t begin) {
  std::size_t at = begin + 1;
  for (; text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return at + 1;
}

/// Of a value that begins at `begin`, in text that is valid JSON.
std::size_t end_of_value(const std::string& text, std::size_t begin) {
  int depth = 0;
  std::size_t at = begin;
  do {
    switch (text[at]) {
      case '"':
        at = end_of_string(text, at);
        continue;
      case '{':
      case '[':
        ++depth;
        break;
      case '}':
      case ']':
        --depth;
        break;
      default:
        break;
    }
    ++at;
  } while (depth > 0);
  const char first = text[begin];
  if (first == '{' || first == '[' || first == '"') return at;
  return text.find_first_of(",} \t\r\n", begin);  // of a number or a word
}

}  // namespace

ServeRequest parse_serve_request(const json& request) {
  ServeRequest parsed;
  for (const auto& [key, value] : request.items()) {
    if (key == "want") {
      parsed.wants = read_wants(value);
    } else if (key == "policy") {
      parsed.policy = value;
    } else if (key == "split") {
      parsed.split = read_split(value);
    } else if (key == "hardware") {
      parsed.hardware = read_hardware(value);
    } else if (key != "id") {
      throw InputError(fmt::format(
          "{}: unknown key; must be one of id, policy, want, split, hardware", quote(key)));
    }
  }
  return parsed;
}

std::string id_in(const std::string& object) {
  constexpr const char* kBetween = " \t\r\n,:";
  std::size_t at = object.find('{') + 1;
  while (true) {
    at = object.find_first_not_of(kBetween, at);
    if (object[at] == '}') return "null";
    const std::size_t end = end_of_string(object, at);
    // A key may be spelt in escapes.
    const bool is_id = parse_json(object.substr(at, end - at), "key") == "id";
    const std::size_t begin = object.find_first_not_of(kBetween, end);
    at = end_of_value(object, begin);
    if (is_id) return object.substr(begin, at - begin);
  }
}

}  // namespace kirchhoff::cli
