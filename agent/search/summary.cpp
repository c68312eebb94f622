#include "agent/search/summary.h"

#include <limits>
#include <type_traits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json_input.h"
#include "base/json_text.h"

namespace kirchhoff::agent {

namespace {

// The file is described once, by functions that call
//   v(key, member)                 for a name, or for a number of any size
//   v.count(key, member, low, high) for a count, read within that range
//   v.amount(key, member)          for a number from 0
//   v.percent(key, member)         for one from 0 to 100
//   v.optional(key, member)        for a part that may be null
//   v.known(key, member)           for a number from 0 that is there where it is known
//   v.known_count(key, member)     for a count from 1 that is there where it is known, 0 elsewhere
//   v.inlined(key, member)         for a part among the keys of the whole, there if `key` is
//   v.derived(key, value)          for what is written and follows from the rest
// with `Part` const or not, as it is written or read.

constexpr std::int64_t kMostEpisodes = std::int64_t{1} << 53;
/// Far above every value that a search can have, so that sums stay finite.
constexpr double kMost = 1e30;
/// Sums of divergences from W8A8 round; none of them is less.
constexpr double kRoundedNothing = -1e-6;

template <typename Part, typename Of>
using Described = std::enable_if_t<std::is_same_v<std::remove_const_t<Part>, Of>>;

template <typename V, typename Policy, typename Score, typename Cost>
void describe_choice(V& v, Policy& policy, Score& score, Cost& cost) {
  v.policy("policy", policy);
  v.percent("accuracy_pct", score.accuracy_pct);
  v.number("divergence_nats", score.divergence, kRoundedNothing, kMost);
  v.known("loss_error_points", score.loss_error_points);
  v.amount("cost_ratio", cost.cost);
  v.amount("latency_ratio", cost.latency);
  v.amount("energy_ratio", cost.energy);
  v.amount("power_ratio", cost.power);
  v.derived("mean_weight_bits", [&policy] { return policy.mean_weight_bits(); });
}

template <typename V, typename Part, typename = Described<Part, AbsoluteCost>>
void describe(V& v, Part& cost, AbsoluteCost*) {
  v.amount("w8a8_latency_ns", cost.latency_ns);
  v.amount("w8a8_energy_pj", cost.energy_pj);
  v.amount("w8a8_power_mw", cost.power_mw);
}

template <typename V, typename Part, typename = Described<Part, BestEpisode>>
void describe(V& v, Part& best, BestEpisode*) {
  v.count("episode", best.episode, 1, kMostEpisodes);
  describe_choice(v, best.policy, best.score, best.cost);
}

template <typename V, typename Part, typename = Described<Part, FinalChoice>>
void describe(V& v, Part& final, FinalChoice*) {
  v.count("added_bits", final.added_bits, 0, std::numeric_limits<int>::max());
  describe_choice(v, final.policy, final.score, final.cost);
  v.percent("w8a8_accuracy_pct", final.reference_accuracy_pct);
}

template <typename V, typename Part, typename = Described<Part, TestAccuracy>>
void describe(V& v, Part& test, TestAccuracy*) {
  v.percent("answer", test.answer_pct);
  v.percent("best", test.best_pct);
  v.percent("w8a8", test.w8a8_pct);
  v.percent("float", test.float_pct);
  v.known_count("images", test.images);
}

template <typename V, typename Part, typename = Described<Part, Summary>>
void describe(V& v, Part& s, Summary*) {
  v("network", s.network);
  v("method", s.method);
  v.amount("th", s.threshold);
  v("seed", s.seed);
  v.count("episodes", s.episodes, 0, kMostEpisodes);
  v.count("feasible_episodes", s.feasible_episodes, 0, s.episodes);
  v.count("accuracy_evaluations", s.accuracy_evaluations, 0, kMostEpisodes);
  v.count("simulator_calls", s.simulator_calls, 0, kMostEpisodes);
  v.amount("floor_cost_ratio", s.floor_cost);
  v.percent("w8a8_accuracy_pct", s.reference_accuracy_pct);
  v.inlined("w8a8_latency_ns", s.reference_cost);
  v.count("whole_evaluations", s.whole_evaluations, 0, kMostEpisodes);
  v.optional("best", s.best);
  v.optional("final", s.final);
  v.optional("test_accuracy_pct", s.test);
}

class Writer {
 public:
  using Json = nlohmann::ordered_json;

  template <typename Part>
  static Json written(const Part& part) {
    Writer writer;
    describe(writer, part, static_cast<Part*>(nullptr));
    return std::move(writer.json_);
  }

  template <typename T>
  void operator()(const char* key, const T& value) {
    json_[key] = value;
  }
  void count(const char* key, std::int64_t value, std::int64_t, std::int64_t) {
    json_[key] = value;
  }
  void number(const char* key, double value, double, double) { json_[key] = value; }
  void amount(const char* key, double value) { json_[key] = value; }
  void percent(const char* key, double value) { json_[key] = value; }
  void known(const char* key, const std::optional<double>& value) {
    if (value) json_[key] = *value;
  }
  void known_count(const char* key, std::int64_t value) {
    if (value > 0) json_[key] = value;
  }
  void policy(const char* key, const quant::Policy& policy) { json_[key] = policy.to_string(); }
  template <typename Part>
  void optional(const char* key, const std::optional<Part>& part) {
    json_[key] = part ? written(*part) : Json(nullptr);
  }
  template <typename Part>
  void inlined(const char*, const std::optional<Part>& part) {
    if (part) describe(*this, *part, static_cast<Part*>(nullptr));
  }
  template <typename Value>
  void derived(const char* key, Value&& value) {
    json_[key] = value();
  }

 private:
  Json json_;
};

class Reader {
 public:
  Reader(const nlohmann::json& json, std::string place, const quant::Network& network)
      : json_(json), place_(std::move(place)), network_(network) {}

  template <typename Part>
  Part read() {
    Part part;
    describe(*this, part, static_cast<Part*>(nullptr));
    return part;
  }

  void operator()(const char* key, std::string& text) { text = string_member(json_, key, place_); }
  void operator()(const char* key, std::uint64_t& number) {
    number = unsigned_value(member(json_, key, place_), fmt::format("{}: {}", place_, key));
  }
  template <typename Integer>
  void count(const char* key, Integer& number, std::int64_t low, std::int64_t high) {
    number = static_cast<Integer>(integer_member(json_, key, place_, low, high));
  }
  void number(const char* key, double& number, double low, double high) {
    number = number_member(json_, key, place_);
    if (number >= low && number <= high) return;
    throw InputError(
        fmt::format("{}: {} = {}: must be in [{}, {}]", place_, key, number, low, high));
  }
  void amount(const char* key, double& value) { number(key, value, 0.0, kMost); }
  void percent(const char* key, double& value) { number(key, value, 0.0, 100.0); }
  void known(const char* key, std::optional<double>& value) {
    if (json_.contains(key)) amount(key, value.emplace());
  }
  void known_count(const char* key, std::int64_t& value) {
    if (json_.contains(key)) count(key, value, 1, kMostEpisodes);
  }
  void policy(const char* key, quant::Policy& policy) {
    policy = quant::policy_from_text(string_member(json_, key, place_), network_);
  }
  template <typename Part>
  void optional(const char* key, std::optional<Part>& part) {
    const nlohmann::json& value = member(json_, key, place_);
    if (!value.is_null()) part = Reader(value, key, network_).read<Part>();
  }
  template <typename Part>
  void inlined(const char* key, std::optional<Part>& part) {
    if (json_.contains(key)) part = read<Part>();
  }
  template <typename Value>
  void derived(const char*, Value&&) {}

 private:
  const nlohmann::json& json_;
  const std::string place_;
  const quant::Network& network_;
};

Summary read_summary(const nlohmann::json& json, const quant::Network& network) {
  auto summary = Reader(json, "summary", network).read<Summary>();
  if (!summary.best && summary.final) throw InputError("final: needs a best episode");
  if (summary.best && summary.best->episode > summary.episodes) {
    throw InputError(fmt::format("best: episode = {}: must be in [1, {}]", summary.best->episode,
                                 summary.episodes));
  }
  return summary;
}

}  // namespace

std::string summary_json(const Summary& summary) { return json_text(Writer::written(summary)); }

Summary load_summary(const std::string& path, const quant::Network& network) {
  const nlohmann::json json = read_stored_json(path);
  Summary summary;
  read_members(path, "is not the summary of a run", [&] { summary = read_summary(json, network); });
  return summary;
}

}  // namespace kirchhoff::agent
