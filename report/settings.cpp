#include "report/settings.h"

#include "base/utf8.h"

namespace kirchhoff::report {
namespace {

std::string value_of(const Settings& settings, const std::string& key) {
  const auto entry = settings.find(key);
  return entry == settings.end() || entry->second.empty() ? "nothing" : entry->second;
}

}  // namespace

std::vector<SettingDifference> differences(const Settings& now, const Settings& earlier) {
  std::vector<SettingDifference> found;
  Settings keys = now;
  keys.insert(earlier.begin(), earlier.end());
  for (const auto& [key, ignored] : keys) {
    const std::string wanted = valid_utf8(value_of(now, key)), had = value_of(earlier, key);
    if (wanted != had) found.push_back({key, wanted, had});
  }
  return found;
}

}  // namespace kirchhoff::report
