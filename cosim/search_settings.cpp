#include "cosim/search_settings.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <set>
#include <type_traits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "agent/limit.h"
#include "base/error.h"
#include "base/nearest.h"
#include "base/quote.h"
#include "base/refusal.h"

namespace kirchhoff::cosim {
namespace {

using Values = std::map<std::string, std::string>;

template <typename Number>
Number number_of(const std::string& key, const std::string& text, Number least, Number most) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end || !(number >= least && number <= most)) {
    throw InputError(fmt::format("{} = {}: must be {} in [{}, {}]", key, quote(text),
                                 std::is_integral_v<Number> ? "an integer" : "a number", least,
                                 most));
  }
  return number;
}

std::string choice_of(const std::string& key, const std::string& text,
                      const std::vector<std::string>& allowed) {
  if (std::find(allowed.begin(), allowed.end(), text) == allowed.end()) {
    throw InputError(
        fmt::format("{} = {}: must be one of {}", key, quote(text), fmt::join(allowed, ", ")));
  }
  return text;
}

/// Sets fields whose keys are among the values, and remembers the keys that there are.
class SetOptions final : public agent::OptionVisitor {
 public:
  explicit SetOptions(const Values& values) : values_(values) {}

  void integer(const char* key, int& field, int min, int max, const char*) override {
    set(key, [&](const std::string& text) { field = number_of(key, text, min, max); });
  }
  void number(const char* key, double& field, double min, double max, const char*) override {
    set(key, [&](const std::string& text) { field = number_of(key, text, min, max); });
  }
  void choice(const char* key, std::string& field, const std::vector<std::string>& allowed,
              const char*) override {
    set(key, [&](const std::string& text) { field = choice_of(key, text, allowed); });
  }
  void preset(const char* key, std::string& field, const std::vector<std::string>& allowed,
              const char* meaning) override {
    choice(key, field, allowed, meaning);
  }
  template <typename Set>
  void set(const char* key, const Set& set_field) {
    known_.insert(key);
    const auto value = values_.find(key);
    if (value != values_.end()) set_field(value->second);
  }
  void refuse_unknown() const {
    for (const auto& [key, value] : values_) {
      if (known_.count(key) != 0) continue;
      const std::string near = nearest(key, {known_.begin(), known_.end()});
      throw InputError(
          fmt::format("{}: no such option of a search{}", quote(key),
                      near.empty() ? std::string() : fmt::format(" (did you mean {}?)", near)));
    }
  }

 private:
  const Values& values_;
  std::set<std::string> known_;
};

}  // namespace

std::vector<std::pair<std::string, std::string>> cost_weights_of(
    const SearchSettings& settings, const std::function<bool(const std::string& key)>& given) {
  const agent::Limit limit = agent::limit_of(settings.search.limit);
  const quant::WeightQuantizer weights = settings.workload.quantization.weights;
  if (weights != quant::WeightQuantizer::kLinear && limit != agent::Limit::kSize) {
    refuse_option("weight-quantizer", weight_quantizer_name(weights),
                  "needs --limit size: on the chip its weights have 8 bits under every policy");
  }
  if (limit == agent::Limit::kCost) return {};
  for (const char* key : {"cost.alpha", "cost.beta", "cost.gamma"}) {
    if (!given(key)) continue;
    refuse_option("limit", settings.search.limit,
                  fmt::format("must be cost where {} weighs that", key));
  }
  if (limit == agent::Limit::kSize) return {};
  return {{"cost.alpha", limit == agent::Limit::kLatency ? "1" : "0"},
          {"cost.beta", limit == agent::Limit::kEnergy ? "1" : "0"},
          {"cost.gamma", "0"}};
}

void set_search_options(agent::SearchOptions& search, const Values& values) {
  constexpr std::int64_t kMostEvaluations = 1'000'000'000;
  SetOptions options(values);
  options.integer("episodes", search.episodes, 1, agent::kMaxEpisodes, "");
  options.set("accuracy_evaluations", [&](const std::string& text) {
    search.accuracy_evaluations =
        number_of<std::int64_t>("accuracy_evaluations", text, 0, kMostEvaluations);
  });
  options.set("simulator_calls", [&](const std::string& text) {
    search.simulator_calls = number_of<std::int64_t>("simulator_calls", text, 0, kMostEvaluations);
  });
  options.choice("limit", search.limit, agent::limit_names(), "");
  options.choice("score", search.score, agent::score_names(), "");
  agent::visit_reward_options(
      search.reward, [&](const char* key, double& field, double min, double max,
                         const char* meaning) { options.number(key, field, min, max, meaning); });
  options.integer("final.candidates", search.final.candidates, 0, 1000, "");
  options.integer("final.slack_policies", search.final.slack_policies, 0, 100000, "");
  for (const auto& group : search.methods.groups()) group->visit(options);
  options.refuse_unknown();
  const std::string preset = agent::search_method_type(search.method).preset;
  for (const auto& group : search.methods.groups())
    group->settle(preset, [&](const std::string& key) { return values.count(key) != 0; });
}

}  // namespace kirchhoff::cosim
