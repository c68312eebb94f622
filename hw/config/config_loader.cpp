#include "hw/config/config_loader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file_text.h"
#include "base/nearest.h"
#include "base/quote.h"

namespace kirchhoff::hw {

struct ConfigLoader::Key {
  ConfigEntry entry;
  std::function<std::string()> print;
  std::function<bool(std::string_view)> assign;  ///< false: ill-typed or out of range
};

namespace {

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  Number value{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// The unit of a key whose type does not say it stands in its name.
std::string unit_of_number(std::string_view key) {
  static constexpr std::pair<const char*, const char*> kUnits[] = {
      {"_mhz", "MHz"},      {"_bits", "bit"},     {".bits", "bit"}, {"bytes", "B"},
      {"_cycles", "cycle"}, {".cycles", "cycle"}, {".kb", "KiB"},   {".mm", "mm"},
      {"_flits", "flit"},   {"_us", "uS"},        {"_s", "s"}};
  for (const auto& [end, unit] : kUnits) {
    if (ends_with(key, end)) return unit;
  }
  return "";
}

// "link.flit_mm_pj" is energy per length.
std::string per_length(std::string_view key, const std::string& unit) {
  return key.find("_mm_") == std::string_view::npos ? unit : unit + "/mm";
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\f\v";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// "; source: ISAAC Table I" and "# ISAAC Table I" both name the source "ISAAC Table I".
std::string source_in(std::string_view comment) {
  while (!comment.empty() && (comment.front() == ';' || comment.front() == '#')) {
    comment.remove_prefix(1);
  }
  comment = trimmed(comment);
  for (const std::string_view word : {"source:", "source "}) {
    if (comment.substr(0, word.size()) == word) comment = trimmed(comment.substr(word.size()));
  }
  return std::string(comment);
}

std::string shown(std::string_view value) { return value.empty() ? "(nothing)" : quote(value); }

}  // namespace

// Turns the calls of visit_chip() into keys that print and assign the members they refer to.
class ConfigLoader::Binder {
 public:
  explicit Binder(std::vector<std::unique_ptr<Key>>& keys) : keys_(keys) {}

  void operator()(const char* key, int& member, int low, int high, const char* meaning,
                  const char* source) {
    add(
        key, unit_of_number(key), fmt::format("an integer in [{}, {}]", low, high), meaning, source,
        [&member] { return fmt::format("{}", member); },
        [&member, low, high](std::string_view text) {
          const auto value = parse_number<int>(text);
          if (!value || *value < low || *value > high) return false;
          member = *value;
          return true;
        });
  }

  void operator()(const char* key, double& member, double low, double high, const char* meaning,
                  const char* source) {
    add_real(
        key, unit_of_number(key), low, high, meaning, source, [&member] { return member; },
        [&member](double value) { member = value; });
  }

  void operator()(const char* key, Energy& member, double low, double high, const char* meaning,
                  const char* source) {
    add_real(
        key, per_length(key, "pJ"), low, upper(key, high), meaning, source,
        [&member] { return member.picojoules(); },
        [&member](double value) { member = Energy::picojoules(value); });
  }

  void operator()(const char* key, Power& member, double low, double high, const char* meaning,
                  const char* source) {
    add_real(
        key, per_length(key, "mW"), low, upper(key, high), meaning, source,
        [&member] { return member.milliwatts(); },
        [&member](double value) { member = Power::milliwatts(value); });
  }

  void operator()(const char* key, Area& member, double low, double high, const char* meaning,
                  const char* source) {
    add_real(
        key, "um2", low, upper(key, high), meaning, source,
        [&member] { return member.square_micrometres(); },
        [&member](double value) { member = Area::square_micrometres(value); });
  }

  void operator()(const char* key, Duration& member, double low, double high, const char* meaning,
                  const char* source) {
    add_real(
        key, "ns", low, high, meaning, source, [&member] { return member.nanoseconds(); },
        [&member](double value) { member = Duration::nanoseconds(value); });
  }

  void operator()(const char* key, bool& member, const char* meaning, const char* source) {
    add(
        key, "", "true or false", meaning, source, [&member] { return member ? "true" : "false"; },
        [&member](std::string_view text) {
          if (text != "true" && text != "false") return false;
          member = text == "true";
          return true;
        });
  }

  void operator()(const char* key, Replication& member, const char* meaning, const char* source) {
    add(
        key, "",
        fmt::format("balance, or one or more numbers in [1, {}]: 4 or 8,4,1", Replication::kMost),
        meaning, source, [&member] { return member.text(); },
        [&member](std::string_view text) { return member.assign(text); });
  }

  template <typename Enum, std::size_t kCount,
            typename = std::enable_if_t<std::is_enum<Enum>::value>>
  void operator()(const char* key, Enum& member, const char* const (&names)[kCount],
                  const char* meaning, const char* source) {
    std::string allowed;
    for (const char* name : names) allowed += (allowed.empty() ? "" : " or ") + std::string(name);
    add(
        key, "", allowed, meaning, source,
        [&member, &names] { return names[static_cast<std::size_t>(member)]; },
        [&member, &names](std::string_view text) {
          const auto found = std::find(std::begin(names), std::end(names), text);
          if (found == std::end(names)) return false;
          member = static_cast<Enum>(found - std::begin(names));
          return true;
        });
  }

 private:
  // What follows the chip's sizes may become as large as they make it.
  static double upper(const char* key, double high) {
    return scaling_law(key) != nullptr ? std::max(high, 1e10) : high;
  }

  template <typename Get, typename Set>
  void add_real(const char* key, const std::string& unit, double low, double high,
                const char* meaning, const char* source, Get get, Set set) {
    add(
        key, unit, fmt::format("a number in [{}, {}]", low, high), meaning, source,
        [get] { return fmt::format("{}", get()); },
        [low, high, set](std::string_view text) {
          const auto value = parse_number<double>(text);
          if (!value || !std::isfinite(*value) || *value < low || *value > high) return false;
          set(*value);
          return true;
        });
  }

  void add(const char* key, const std::string& unit, const std::string& allowed,
           const char* meaning, const char* source, std::function<std::string()> print,
           std::function<bool(std::string_view)> assign) {
    for (const auto& known : keys_) {
      if (known->entry.key == key) throw std::logic_error(std::string(key) + " is visited twice");
    }
    auto bound = std::make_unique<Key>();
    bound->entry = {key, "", unit, allowed, "default", source, meaning, std::nullopt};
    bound->print = std::move(print);
    bound->assign = std::move(assign);
    keys_.push_back(std::move(bound));
  }

  std::vector<std::unique_ptr<Key>>& keys_;
};

ConfigLoader::ConfigLoader() {
  Binder binder(keys_);
  visit_chip(config_, binder);
  std::set<std::string> defaults;
  for (const ScalingLaw& law : scaling_laws()) defaults.insert(law.key);
  settle(defaults);
}

ConfigLoader::~ConfigLoader() = default;

// After a layer that gave the keys `layer`: they hold for the sizes as they are now, and what was
// given before follows them.
void ConfigLoader::settle(const std::set<std::string>& layer) {
  const auto follow = [&](const ScalingLaw& law) {
    if (layer.count(law.key) > 0) return;
    numbers_.set(law.key, scaled(law, given_.at(law.key), leak_of(law), sizes_));
  };
  // The sample rate is a size that depends on a constant.
  sizes_ = sizes_of(numbers_);
  follow(*scaling_law("adc.cycles"));
  sizes_ = sizes_of(numbers_);
  for (const ScalingLaw& law : scaling_laws())
    if (layer.count(law.key) > 0) given_[law.key] = {numbers_.number(law.key), sizes_};
  for (const ScalingLaw& law : scaling_laws()) follow(law);
}

// A leakage that follows nothing is the same at every size.
std::optional<GivenConstant> ConfigLoader::leak_of(const ScalingLaw& law) const {
  const std::string key = law.leak;
  if (key.empty()) return std::nullopt;
  const auto found = given_.find(key);
  return found != given_.end() ? found->second : GivenConstant{numbers_.number(key), sizes_};
}

std::vector<std::string> ConfigLoader::notes() const {
  std::vector<std::string> all;
  for (const ScalingLaw& law : scaling_laws()) {
    const GivenConstant& constant = given_.at(law.key);
    for (const Factor& factor : law.factors) {
      const double before = constant.at.at(factor.name), now = sizes_.at(factor.name);
      if (before == now || constant.value < 0) continue;
      const bool unknown = factor.exponent == 0;
      if (!unknown && before != 0) continue;
      const Key& key = *find(law.key);
      all.push_back(fmt::format("{} = {}{} was given for {} = {} and stays so at {}: {}", law.key,
                                key.print(), key.entry.unit.empty() ? "" : " " + key.entry.unit,
                                factor.name, before, now, unknown ? factor.stays : "give it, too"));
    }
  }
  return all;
}

ConfigLoader::Key* ConfigLoader::find(const std::string& name) const {
  for (const auto& key : keys_) {
    if (key->entry.key == name) return key.get();
  }
  return nullptr;
}

std::vector<std::string> ConfigLoader::names() const {
  std::vector<std::string> all;
  for (const auto& key : keys_) all.push_back(key->entry.key);
  return all;
}

void ConfigLoader::load_file(const std::string& path, const std::string& name) {
  constexpr std::size_t kMaxBytes = 1 << 20;
  load_text(file_text(path, kMaxBytes), name);
}

void ConfigLoader::load_text(const std::string& text, const std::string& name) {
  flags_.clear();
  std::set<std::string> layer;
  std::map<std::string, int> lines_of_keys;
  std::string section;
  std::istringstream lines(text);
  int number = 0;
  for (std::string whole_line; std::getline(lines, whole_line);) {
    ++number;
    const std::string where = fmt::format("{}:{}", name, number);
    std::string_view line = whole_line;
    if (number == 1 && line.substr(0, 3) == "\xef\xbb\xbf") line.remove_prefix(3);
    const std::size_t comment_at = std::min(line.find_first_of(";#"), line.size());
    const std::string_view comment = line.substr(comment_at);
    line = trimmed(line.substr(0, comment_at));
    if (line.empty()) continue;

    if (line.front() == '[') {
      if (line.back() != ']' || trimmed(line.substr(1, line.size() - 2)).empty()) {
        throw InputError(fmt::format("{}: {}: must be [section]", where, quote(line)));
      }
      section = trimmed(line.substr(1, line.size() - 2));
      const bool known = std::any_of(keys_.begin(), keys_.end(), [&](const auto& key) {
        return key->entry.key.compare(0, section.size() + 1, section + ".") == 0;
      });
      if (!known) {
        std::vector<std::string> sections;
        for (const std::string& key : names()) sections.push_back(key.substr(0, key.find('.')));
        const std::string near = nearest(section, sections);
        throw InputError(fmt::format("{}: [{}]: unknown section{}", where, quote(section),
                                     near.empty() ? "" : " (did you mean [" + near + "]?)"));
      }
      continue;
    }
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) {
      throw InputError(fmt::format("{}: {}: must be key = value", where, quote(line)));
    }
    const std::string key_name(trimmed(line.substr(0, equals)));
    const std::string_view value = trimmed(line.substr(equals + 1));
    const std::string full_name = section.empty() ? key_name : section + "." + key_name;
    Key* const key = find(full_name);
    if (key == nullptr) {
      const std::string near = nearest(full_name, names());
      throw InputError(fmt::format(
          "{}: {} = {}: unknown key{}", where, quote(full_name), shown(value),
          near.empty() ? "; kirchhoff config lists all keys" : " (did you mean " + near + "?)"));
    }
    const auto [first, is_new] = lines_of_keys.emplace(full_name, number);
    if (!is_new) {
      throw InputError(fmt::format("{}: {} = {}: given twice, first in line {}", where, full_name,
                                   shown(value), first->second));
    }
    if (!key->assign(value)) {
      throw InputError(fmt::format("{}: {} = {}: must be {}", where, full_name, shown(value),
                                   key->entry.allowed));
    }
    key->entry.origin = where;
    key->entry.source = source_in(comment);
    layer.insert(full_name);
  }
  settle(layer);
}

void ConfigLoader::set_from_flag(const std::string& key_name, const std::string& value) {
  Key* const key = find(key_name);
  if (key == nullptr) throw InputError(fmt::format("--{}: unknown key", quote(key_name)));
  if (!key->assign(value)) {
    throw InputError(
        fmt::format("--{} {}: must be {}", key_name, shown(value), key->entry.allowed));
  }
  key->entry.origin = "--" + key_name;
  key->entry.source.clear();
  flags_.insert(key_name);
  settle(flags_);
}

std::vector<ConfigEntry> ConfigLoader::entries() const {
  std::vector<ConfigEntry> all;
  for (const auto& key : keys_) {
    all.push_back(key->entry);
    ConfigEntry& entry = all.back();
    entry.value = key->print();
    const ScalingLaw* const law = scaling_law(entry.key);
    if (law == nullptr || !follows_change(*law, given_.at(entry.key), sizes_)) continue;
    entry.given = given_.at(entry.key);
    entry.source += fmt::format("{}scaled: {}", entry.source.empty() ? "" : "; ",
                                scaled_formula(*law, *entry.given, leak_of(*law), sizes_));
  }
  return all;
}

std::vector<ConfigEntry> ConfigLoader::settings() const {
  static const std::map<std::string, std::string> kLater = {{"cost.batch", "1"},
                                                            {"mapping.replicate", "1"},
                                                            {"mapping.replicate_tiles", "168"},
                                                            {"chip.tiles", "0"},
                                                            {"chip.round_of", "image"},
                                                            {"crossbar.rows_per_read", "0"},
                                                            {"dac.bits", "1"},
                                                            {"dac.levels", "voltage"},
                                                            {"adc.offset_sigma", "0"},
                                                            {"adc.gain_sigma", "0"},
                                                            {"adc.inl_lsb", "0"},
                                                            {"adc.inl_curve", "bow"},
                                                            {"adc.dnl_lsb", "0"},
                                                            {"adc.noise_lsb", "0"},
                                                            {"cells.read_noise", "0"},
                                                            {"cells.noise_law", "proportional"},
                                                            {"cells.reading", "0"},
                                                            {"cells.wire_ohm", "0"}};
  const bool multiplies = config_.mapping.depthwise == Depthwise::kDigital;
  const bool ideal = !config_.tile.pe.real();
  const auto said_nothing = [&](const ConfigEntry& entry) {
    const std::string section = entry.key.substr(0, entry.key.find('.'));
    if (section == "multiplier" || section == "weight_register") return !multiplies;
    if (section == "cells" && ideal) return true;
    const auto later = kLater.find(entry.key);
    return later != kLater.end() && later->second == entry.value;
  };
  std::vector<ConfigEntry> said = entries();
  said.erase(std::remove_if(said.begin(), said.end(), said_nothing), said.end());
  return said;
}

const ChipConfig& ConfigLoader::finish() const {
  for (const ScalingLaw& law : scaling_laws()) {
    const GivenConstant& constant = given_.at(law.key);
    const Key& key = *find(law.key);
    if (!follows_change(law, constant, sizes_) || key.assign(key.print())) continue;
    throw InputError(fmt::format("{} = {}, scaled from {}: must be {}; give it, too", law.key,
                                 key.print(), constant.value, key.entry.allowed));
  }
  config_.validate();
  return config_;
}

std::string ConfigLoader::to_ini() const {
  const std::vector<ConfigEntry> all = entries();
  std::size_t width = 0;
  const auto assignment = [](const ConfigEntry& entry) {
    return entry.key.substr(entry.key.find('.') + 1) + " = " + entry.value;
  };
  for (const ConfigEntry& entry : all) width = std::max(width, assignment(entry).size());
  // Names carry the units; meanings would double the file.
  std::string text =
      "# A complete hardware configuration; `kirchhoff config` explains the keys. The comment "
      "beside a\n"
      "# value is its source.\n";
  std::string section;
  for (const ConfigEntry& entry : all) {
    const std::string its_section = entry.key.substr(0, entry.key.find('.'));
    if (its_section != section) {
      section = its_section;
      text += fmt::format("\n[{}]\n", section);
    }
    // A number that nobody gave a source for says at least where it was set.
    const std::string source = entry.source.empty() ? "set by " + entry.origin : entry.source;
    text += fmt::format("{:<{}}  ; {}\n", assignment(entry), width, shown_path(source));
  }
  return text;
}

}  // namespace kirchhoff::hw
