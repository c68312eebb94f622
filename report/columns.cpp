#include "report/columns.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "agent/search/search.h"
#include "base/error.h"
#include "quant/network/policy.h"

namespace kirchhoff::report {
namespace {

/// Far above every value that a search can have, so that sums stay finite.
constexpr double kMost = 1e30;
/// A century.
constexpr double kMostSeconds = 3.2e9;
constexpr double kMostCount = 9007199254740992.0;  // 2^53: every integer up to it is a double

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// What the texts under a name are.
struct Rule {
  enum class Kind { kAny, kWord, kSeed, kNumber, kInteger };
  Kind kind = Kind::kAny;
  double low = 0.0, high = 0.0;
  std::vector<std::string> words{};
};

Rule number(double low, double high) { return {Rule::Kind::kNumber, low, high}; }
Rule integer(double low, double high) { return {Rule::Kind::kInteger, low, high}; }
Rule word(std::vector<std::string> words) {
  return {Rule::Kind::kWord, 0.0, 0.0, std::move(words)};
}

Rule rule_of(const std::string& name) {
  if (name == "method") return word(agent::search_methods());
  if (name == "status") return word({"done", "no policy", "unreachable", "failed", "unfinished"});
  if (name == "seed") return {Rule::Kind::kSeed};
  if (name == "th") return number(0, kMost);
  if (name == "episode" || name == "best_episode") return integer(1, agent::kMaxEpisodes);
  if (name == "feasible" || name == "probe") return integer(0, 1);
  if (name == "reward") return number(-kMost, kMost);
  if (ends_with(name, "divergence_nats")) return number(-1e-6, kMost);  // sums round
  if (ends_with(name, "mean_weight_bits")) return number(0, quant::kMaxBits);
  if (ends_with(name, "_pct")) return number(0, 100);
  if (ends_with(name, "_s")) return number(0, kMostSeconds);
  if (ends_with(name, "_points")) return number(0, 100);
  for (const char* unit : {"_ratio", "_ns", "_pj", "_mw"}) {
    if (ends_with(name, unit)) return number(0, kMost);
  }
  for (const char* count :
       {"episodes", "evaluations", "simulator_calls", "decrements", "added_bits", "images"}) {
    if (ends_with(name, count)) return integer(0, kMostCount);
  }
  return {};
}

template <typename Number>
bool parse(const std::string& text, Number& value) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && stop == end;
}

/// The rule in words when `text` breaks it.
std::string broken(const Rule& rule, const std::string& text) {
  if (text.empty() || rule.kind == Rule::Kind::kAny) return "";
  if (rule.kind == Rule::Kind::kWord) {
    const bool known = std::find(rule.words.begin(), rule.words.end(), text) != rule.words.end();
    return known ? "" : fmt::format("must be one of {}", fmt::join(rule.words, ", "));
  }
  if (rule.kind == Rule::Kind::kSeed) {
    std::uint64_t seed = 0;
    return parse(text, seed) ? "" : "must be an integer of at least 0";
  }
  const bool whole = rule.kind == Rule::Kind::kInteger;
  double value = 0.0;
  if (parse(text, value) && value >= rule.low && value <= rule.high &&
      (!whole || value == std::floor(value))) {
    return "";
  }
  return fmt::format("must be {} in [{}, {}]", whole ? "an integer" : "a number", rule.low,
                     rule.high);
}

}  // namespace

std::string broken_rule(const std::string& name, const std::string& text) {
  return broken(rule_of(name), text);
}

void check_cells(const Csv& csv, const std::string& where) {
  for (const std::string& column : csv.columns()) {
    const Rule allowed = rule_of(column);
    if (allowed.kind == Rule::Kind::kAny) continue;
    for (std::size_t row = 0; row < csv.size(); ++row) {
      const std::string& text = csv.text(row, column);
      const std::string rule = broken(allowed, text);
      if (rule.empty()) continue;
      // The first line has the names.
      throw InputError(fmt::format("{}:{}: {} = {}: {}", where, row + 2, column, text, rule));
    }
  }
}

}  // namespace kirchhoff::report
