#include "traces/probe_selection.h"

#include <algorithm>
#include <cctype>
#include <map>

#include <fmt/format.h>
#include <fnmatch.h>

#include "base/error.h"
#include "base/nearest.h"
#include "base/quote.h"

namespace kirchhoff {
namespace {

bool matches(const std::string& glob, const std::string& name) {
  return fnmatch(glob.c_str(), name.c_str(), FNM_NOESCAPE) == 0;
}

/// The name itself, or that of a module around it.
bool selects(const std::string& glob, const std::string& name) {
  return matches(glob, name) || matches(glob + ".*", name);
}

std::string lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// "pe0, pe1, pe2, sfu" as "pe0 to pe2, sfu".
std::string summarise(const std::set<std::string>& names) {
  std::map<std::string, std::set<int>> numbered;
  std::vector<std::string> parts;
  for (const std::string& name : names) {
    std::size_t end = name.size();
    while (end > 0 && std::isdigit(static_cast<unsigned char>(name[end - 1])) != 0) --end;
    if (end == name.size() || name.size() - end > 6) {
      parts.push_back(name);
    } else {
      numbered[name.substr(0, end)].insert(std::stoi(name.substr(end)));
    }
  }
  for (const auto& [stem, numbers] : numbered) {
    const int first = *numbers.begin(), last = *numbers.rbegin();
    parts.push_back(first == last ? fmt::format("{}{}", stem, first)
                                  : fmt::format("{}{} to {}{}", stem, first, stem, last));
  }
  std::sort(parts.begin(), parts.end());
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace

std::string_view without_chip(std::string_view name) {
  constexpr std::string_view kChip = "chip.";
  return name.substr(0, kChip.size()) == kChip ? name.substr(kChip.size()) : name;
}

ProbeSelection::ProbeSelection(std::vector<std::string> patterns) {
  for (std::string& text : patterns) {
    const std::string glob = text == "chip" ? "*" : std::string(without_chip(text));
    patterns_.push_back({std::move(text), glob});
  }
}

bool ProbeSelection::wants(const std::string& full_name) {
  if (patterns_.empty()) return true;
  const std::string name(without_chip(full_name));
  names_.insert(name);
  bool wanted = false;
  for (Pattern& pattern : patterns_) {
    if (!selects(pattern.glob, name)) continue;
    pattern.matched = wanted = true;
  }
  return wanted;
}

void ProbeSelection::check(const std::string& hint) const {
  for (const Pattern& pattern : patterns_) {
    if (pattern.matched) continue;
    throw InputError(fmt::format("--probe '{}': no signal matches: {}{}", quote(pattern.text),
                                 explain(pattern.glob), hint.empty() ? "" : " (" + hint + ")"));
  }
}

bool ProbeSelection::any_matches(const std::string& glob) const {
  return std::any_of(names_.begin(), names_.end(),
                     [&](const std::string& name) { return selects(glob, name); });
}

// What was left of a pattern in `scope`, where nothing matches it: names in another case, a module
// or signal that lies further down ("adc0", "fetch_state"), one without its number ("adc"), or a
// slip.
std::string ProbeSelection::suggestion(const std::string& scope, const std::string& rest,
                                       const std::set<std::string>& children) const {
  if (rest.empty()) return "";
  const std::string lead = scope.empty() ? "" : scope + ".", lower = lower_case(rest);
  for (const std::string& glob : {lead + lower, lead + "*." + lower}) {
    if (any_matches(glob)) return glob;
  }
  for (const std::string& glob : {lead + lower, lead + "*." + lower}) {
    if (any_matches(glob + "[0-9]*")) return glob + "*";
  }
  return nearest(rest.substr(0, rest.find('.')),
                 std::vector<std::string>(children.begin(), children.end()));
}

// Walks down the hierarchy as far as the pattern's parts lead and says what there is instead.
std::string ProbeSelection::explain(const std::string& glob) const {
  std::string scope, rest = glob;
  while (true) {
    const std::string part = rest.substr(0, rest.find('.'));
    std::set<std::string> children;
    for (const std::string& name : names_) {
      if (!scope.empty() && name.compare(0, scope.size() + 1, scope + ".") != 0) continue;
      const std::string below = scope.empty() ? name : name.substr(scope.size() + 1);
      children.insert(below.substr(0, below.find('.')));
    }
    const auto next = std::find_if(children.begin(), children.end(),
                                   [&](const std::string& child) { return matches(part, child); });
    if (next == children.end() || part == rest) {
      const std::string near = suggestion(scope, rest, children);
      return fmt::format("{}{} has {}", near.empty() ? "" : "did you mean '" + near + "'? ",
                         scope.empty() ? "the chip" : scope, summarise(children));
    }
    scope += (scope.empty() ? "" : ".") + *next;
    rest = rest.substr(part.size() + 1);
  }
}

}  // namespace kirchhoff
