#include "cli/commands/sweep_plan.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/nearest.h"
#include "base/quote.h"
#include "base/refusal.h"

namespace kirchhoff::cli {
namespace {

using report::SweepAxis;
using report::SweepPoint;

/// More points than anybody waits for.
constexpr std::size_t kMaxPoints = 10000;
constexpr int kMaxRange = 10000;

constexpr const char* kPreset = "preset";
/// A name for keys that make sense together only.
constexpr const char* kSize = "crossbar.size";

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = std::min(text.find(at, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    if (end == text.size()) return parts;
    begin = end + 1;
  }
}

bool parse(const std::string& text, int& value) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && stop == end;
}

/// "4..6,8" is 4, 5, 6 and 8; what is no range stays as it is. Semicolons separate values that have
/// commas in them: "4,2,1;balance" is two.
std::vector<std::string> values_of(const std::string& text, const std::string& list) {
  std::vector<std::string> values;
  const auto add = [&](const std::string& value) {
    if (value.empty()) refuse_option("key", text, "a value is missing");
    if (std::find(values.begin(), values.end(), value) != values.end())
      refuse_option("key", text, fmt::format("{} is there twice", value));
    values.push_back(value);
  };
  const char separator = list.find(';') == std::string::npos ? ',' : ';';
  for (const std::string& item : split(list, separator)) {
    const std::size_t dots = item.find("..");
    if (dots == std::string::npos) {
      add(item);
      continue;
    }
    int first = 0, last = 0;
    if (!parse(item.substr(0, dots), first) || !parse(item.substr(dots + 2), last) ||
        first > last || last - first >= kMaxRange) {
      refuse_option(
          "key", text,
          fmt::format("{} must be a range of integers, at most {}, such as 4..8", item, kMaxRange));
    }
    for (int value = first; value <= last; ++value) add(fmt::format("{}", value));
  }
  return values;
}

std::vector<std::string> keys_named(const std::string& name) {
  if (name == kPreset) return {};
  if (name == kSize) return {"crossbar.rows", "crossbar.cols"};
  return split(name, '+');
}

/// Value that points have which do not vary the axis.
std::string base_of(const SweepAxis& axis, const HardwareOptions& hardware) {
  std::vector<std::string> values;
  for (const std::string& key : axis.keys) {
    for (const hw::ConfigEntry& entry : hardware.loader().entries()) {
      if (entry.key == key) values.push_back(entry.value);
    }
  }
  const bool equal =
      std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end();
  if (equal && !values.empty()) return values.front();
  return fmt::format("{}", fmt::join(values, "+"));
}

void refuse_unknown(const std::string& text, const std::string& key,
                    const HardwareOptions& hardware) {
  std::vector<std::string> names = {kPreset, kSize};
  for (const hw::ConfigEntry& entry : hardware.loader().entries()) names.push_back(entry.key);
  if (std::find(names.begin() + 2, names.end(), key) != names.end()) return;
  const std::string near = nearest(key, names);
  refuse_option("key", text,
                fmt::format("{}: unknown key{}", quote(key),
                            near.empty() ? "; kirchhoff config lists all keys"
                                         : " (did you mean " + near + "?)"));
}

/// Each value alone must be one that its keys take; what goes together is another matter.
void try_values(const std::string& text, const SweptAxis& swept, const HardwareOptions& hardware) {
  for (const std::string& value : swept.values) {
    hw::ConfigLoader alone;
    try {
      if (swept.axis.keys.empty()) hardware.with(value, {});
      for (const std::string& key : swept.axis.keys) alone.set_from_flag(key, value);
    } catch (const InputError& error) {
      throw InputError(fmt::format("--key {}: {}", quote(text), error.what()));
    }
  }
}

SweptAxis parse_axis(const std::string& text, const HardwareOptions& hardware) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    refuse_option("key", text, "must be KEY=VALUES, such as adc.bits=4..8");
  SweptAxis swept;
  swept.axis.name = text.substr(0, equals);
  swept.axis.keys = keys_named(swept.axis.name);
  for (const std::string& key : swept.axis.keys) {
    refuse_unknown(text, key, hardware);
    if (hardware.given(key))
      refuse_option("key", text, fmt::format("does not go with --{} beside it", key));
  }
  if (swept.axis.keys.empty() && hardware.preset_given())
    refuse_option("key", text, "does not go with --preset beside it");
  swept.values = values_of(text, text.substr(equals + 1));
  swept.axis.base = swept.axis.keys.empty() ? "table4" : base_of(swept.axis, hardware);
  try_values(text, swept, hardware);
  return swept;
}

}  // namespace

std::vector<SweptAxis> parse_axes(const std::vector<std::string>& texts,
                                  const HardwareOptions& hardware) {
  std::vector<SweptAxis> axes;
  std::set<std::string> taken;
  for (const std::string& text : texts) {
    axes.push_back(parse_axis(text, hardware));
    std::vector<std::string> names = axes.back().axis.keys;
    if (names.empty()) names = {kPreset};
    for (const std::string& name : names) {
      if (!taken.insert(name).second)
        refuse_option("key", text, fmt::format("{} is there twice", name));
    }
  }
  return axes;
}

std::vector<SweepPoint> plan_points(const std::vector<std::string>& networks,
                                    const std::vector<std::string>& policies,
                                    const std::vector<SweptAxis>& axes) {
  double count = static_cast<double>(networks.size()) * static_cast<double>(policies.size());
  for (const SweptAxis& swept : axes) count *= static_cast<double>(swept.values.size());
  if (count > static_cast<double>(kMaxPoints)) {
    throw InputError(fmt::format(
        "{:.0f} points: at most {}; leave out values, policies or networks", count, kMaxPoints));
  }
  std::vector<SweepPoint> points;
  for (const std::string& network : networks) {
    for (const std::string& policy : policies) {
      std::vector<SweepPoint> all = {{network, policy, {}, ""}};
      for (const SweptAxis& swept : axes) {
        std::vector<SweepPoint> longer;
        for (const SweepPoint& point : all) {
          for (const std::string& value : swept.values) {
            longer.push_back(point);
            longer.back().values[swept.axis.name] = value;
          }
        }
        all = std::move(longer);
      }
      points.insert(points.end(), all.begin(), all.end());
    }
  }
  return points;
}

std::string preset_of(const SweepPoint& point) {
  const auto preset = point.values.find(kPreset);
  return preset == point.values.end() ? "" : preset->second;
}

std::vector<std::pair<std::string, std::string>> keys_of(const SweepPoint& point,
                                                         const std::vector<SweptAxis>& axes) {
  std::vector<std::pair<std::string, std::string>> keys;
  for (const SweptAxis& swept : axes) {
    for (const std::string& key : swept.axis.keys)
      keys.emplace_back(key, point.values.at(swept.axis.name));
  }
  return keys;
}

}  // namespace kirchhoff::cli
