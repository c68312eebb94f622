#include "cli/commands/config_page.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/nearest.h"
#include "base/quote.h"
#include "cli/terminal/wrapped.h"

namespace kirchhoff::cli {
namespace {

bool begins_with(const std::string& text, const std::string& start) {
  return text.compare(0, start.size(), start) == 0;
}

/// How well a word names a key: 3 the key or its section, 2 the part behind the section, 1 any
/// part, 0 not at all.
int match(const std::string& key, const std::string& word) {
  if (key == word || begins_with(key, word + ".")) return 3;
  if (key.substr(key.find('.') + 1) == word) return 2;
  return key.find(word) != std::string::npos ? 1 : 0;
}

std::string origin_note(const hw::ConfigEntry& entry) {
  return entry.origin == "default" ? "" : fmt::format(" [{}]", entry.origin);
}

}  // namespace

std::vector<hw::ConfigEntry> named_entries(const std::vector<hw::ConfigEntry>& entries,
                                           const std::vector<std::string>& words) {
  if (words.empty()) return entries;
  std::vector<std::string> names;
  for (const hw::ConfigEntry& entry : entries) {
    names.push_back(entry.key);
    const std::string section = entry.key.substr(0, entry.key.find('.'));
    if (std::find(names.begin(), names.end(), section) == names.end()) names.push_back(section);
  }
  std::vector<bool> named(entries.size(), false);
  for (const std::string& word : words) {
    int best = 0;
    for (const hw::ConfigEntry& entry : entries) best = std::max(best, match(entry.key, word));
    if (best == 0 || word.empty()) {
      const std::string near = nearest(word, names);
      throw InputError(
          fmt::format("config: {}: no key and no section ({})", word.empty() ? "''" : quote(word),
                      near.empty() ? "kirchhoff config prints all" : "did you mean " + near + "?"));
    }
    for (std::size_t i = 0; i < entries.size(); ++i)
      named[i] = named[i] || match(entries[i].key, word) == best;
  }
  std::vector<hw::ConfigEntry> chosen;
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (named[i]) chosen.push_back(entries[i]);
  return chosen;
}

std::string config_table(const std::vector<hw::ConfigEntry>& entries, std::size_t width) {
  const auto value_of = [](const hw::ConfigEntry& entry) {
    return entry.unit.empty() ? entry.value : entry.value + " " + entry.unit;
  };
  // A few long keys and values push their line to the right; the meaning keeps its column.
  constexpr std::size_t kKey = 27, kValue = 15;
  std::string text = fmt::format("{:<{}} {:<{}}  {}\n", "key", kKey, "value", kValue, "meaning");
  const std::size_t left = kKey + 1 + kValue + 2;
  for (const hw::ConfigEntry& entry : entries) {
    std::string line = fmt::format("{:<{}} ", entry.key, kKey);
    const std::string value = value_of(entry);
    line += line.size() + value.size() + 2 > left
                ? value
                : fmt::format("{:<{}}", value, left - 2 - line.size());
    bool first = columns_of(line) + 2 <= left;
    if (!first) text += line + "\n";
    for (const std::string& part : wrapped(entry.meaning + origin_note(entry), width - left)) {
      text += fmt::format("{:<{}}{}\n", first ? line : "", left, part);
      first = false;
    }
  }
  return text;
}

std::string config_details(const std::vector<hw::ConfigEntry>& entries, std::size_t width) {
  std::string text;
  for (const hw::ConfigEntry& entry : entries) {
    text += fmt::format("{}{} = {}{}{}{}\n", text.empty() ? "" : "\n", entry.key, entry.value,
                        entry.unit.empty() ? "" : " ", entry.unit, origin_note(entry));
    const auto line = [&](const char* label, const std::string& what) {
      if (what.empty()) return;
      bool first = true;
      for (const std::string& part : wrapped(what, width - 12)) {
        text += fmt::format("  {:<10}{}\n", first ? label : "", part);
        first = false;
      }
    };
    line("meaning", entry.meaning);
    line("allowed", entry.allowed);
    line("source", entry.source);
    if (entry.given) {
      std::string sizes;
      for (const auto& [size, at] : entry.given->at) sizes += fmt::format(", {} {}", size, at);
      line("given", fmt::format("{}{}: the value is scaled from there", entry.given->value, sizes));
    }
  }
  return text;
}

std::string config_markdown(const std::vector<hw::ConfigEntry>& entries) {
  std::string text =
      "# Configuration keys\n\n"
      "Written by `kirchhoff config --markdown FILE`; defaults are those of preset `table4`. Every "
      "key "
      "is a flag of the\ncommands that simulate (`--adc.bits 6`) and a line of an INI file "
      "(`[adc]`, `bits = 6`).\n";
  const auto cell = [](const std::string& words) {
    std::string escaped;
    for (const char c : words) escaped += c == '|' ? std::string("\\|") : std::string(1, c);
    return escaped;
  };
  std::string section;
  for (const hw::ConfigEntry& entry : entries) {
    const std::string name = entry.key.substr(0, entry.key.find('.'));
    if (name != section) {
      section = name;
      text += fmt::format(
          "\n## {}\n\n| key | default | unit | allowed | meaning | source |\n"
          "|---|---|---|---|---|---|\n",
          name);
    }
    text +=
        fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", entry.key, cell(entry.value),
                    cell(entry.unit), cell(entry.allowed), cell(entry.meaning), cell(entry.source));
  }
  return text;
}

}  // namespace kirchhoff::cli
