#include "cosim/config_json.h"

namespace kirchhoff::cosim {

nlohmann::ordered_json config_json(const std::vector<hw::ConfigEntry>& entries) {
  nlohmann::ordered_json keys = nlohmann::ordered_json::object();
  for (const hw::ConfigEntry& entry : entries) {
    nlohmann::ordered_json value = nlohmann::ordered_json::parse(entry.value, nullptr, false);
    if (value.is_discarded()) value = entry.value;
    nlohmann::ordered_json& key = keys[entry.key];
    key = {{"value", value},
           {"unit", entry.unit},
           {"from", entry.origin},
           {"source", entry.source},
           {"meaning", entry.meaning}};
    if (!entry.given) continue;
    key["given"] = {{"value", entry.given->value}};
    for (const std::string& size : hw::sizes_followed(entry.key))
      key["given"]["at"][size] = entry.given->at.at(size);
  }
  return keys;
}

}  // namespace kirchhoff::cosim
