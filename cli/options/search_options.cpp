#include "cli/options/search_options.h"

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "agent/limit.h"
#include "agent/search_methods.h"

namespace kirchhoff::cli {
namespace {

/// Declares the options of search methods.
class DeclareOptions final : public agent::OptionVisitor {
 public:
  explicit DeclareOptions(Options& options) : options_(options) {}
  void integer(const char* key, int& field, int min, int max, const char* meaning) override {
    options_.integer(key, field, min, max, meaning);
  }
  void number(const char* key, double& field, double min, double max,
              const char* meaning) override {
    options_.number(key, field, Range::closed(min, max), meaning);
  }
  void choice(const char* key, std::string& field, const std::vector<std::string>& allowed,
              const char* meaning) override {
    options_.choice(key, field, allowed, meaning);
  }
  void preset(const char* key, std::string& field, const std::vector<std::string>& allowed,
              const char* meaning) override {
    options_.choice(key, field, allowed, meaning);
  }

 private:
  Options& options_;
};

}  // namespace

void declare_search_settings(Options& options, SearchSettings& a) {
  agent::SearchOptions& s = a.search;
  const auto declare_field = [&](const char* key, auto& field, auto min, auto max,
                                 const char* meaning) {
    if constexpr (std::is_integral_v<std::decay_t<decltype(field)>>) {
      options.integer(key, field, min, max, meaning);
    } else {
      options.number(key, field, Range::closed(min, max), meaning);
    }
  };
  options.choice("limit", s.limit, agent::limit_names(),
                 "what th bounds; size: the bits of all weights");
  options.integer<std::int64_t>(
      "accuracy-evaluations", s.accuracy_evaluations, 0, kMaxEvaluations,
      "stop after measuring the accuracy of so many different policies; 0 = no limit");
  options.integer<std::int64_t>("simulator-calls", s.simulator_calls, 0, kMaxEvaluations,
                                "stop after simulating so many different policies; 0 = no limit");
  options.integer<std::size_t>("validation-images", a.validation_images, 0, 1000000,
                               "only the first N of the split; 0 = all");
  options.integer<std::size_t>(
      "race-images", a.race_images, 0, 1000000,
      "give up policies that surely lose too much on the first N images; 0 = never");
  options.choice("score", s.score, agent::score_names(),
                 "what makes a policy the best: its accuracy, or how little it diverges from W8A8, "
                 "confirmed by accuracy; by default as the method does");
  agent::visit_reward_options(s.reward, declare_field);
  options.integer("final.candidates", s.final.candidates, 0, 1000,
                  "best policies that are measured again, on the whole validation split; 0 = no "
                  "final stage");
  options.integer("final.slack_policies", s.final.slack_policies, 0, 100000,
                  "then add bits to the winner while it stays within th and improves, trying at "
                  "most so many policies");
  options.integer("threads", a.threads, 0, 1024, "that measure accuracy; 0 = one per core");
  options.integer("workers", a.workers, 0, 1024,
                  "processes that measure side by side what a method proposes at once; 0 = one per "
                  "core; the result is the same for any number");
  options.choice("device", a.device, {"cpu", "cuda"},
                 "where to measure accuracy; both give the same ones");
  options.flag("adc-exact", a.adc_exact,
               "model every conversion of the chip's ADCs even where none can lose anything; the "
               "accuracies are the same");
  options.text("cell-seeds", a.cell_seeds, "1..5,8,…",
               "with real cells: accuracies are over chips of these seeds (default cells.seed)");
  options.text("cell-score", a.cell_score, "mean|q10",
               "of those chips: their mean, or what N per cent fall short of, q1 to q50");
  options.text("cost-table", a.cost_table, "FILE",
               "costs of `kirchhoff cost-table` or of HAQ (FILE.npy)");
  options.integer(
      "tune-each", a.tune_epochs, 0, 1000,
      "epochs of fine-tuning to every policy before its accuracy is measured; 0 = none");
  options.integer<std::size_t>("tune-images", a.tune_images, 0, 10000000,
                               "training images of such an epoch; 0 = all");
  options.advanced("workers");
  options.advanced("device");
  options.advanced("adc-exact");
  options.advanced("cell-seeds");
  options.advanced("cell-score");
  options.advanced("tune-each");
  options.advanced("tune-images");
  for (const char* name :
       {"accuracy-evaluations", "simulator-calls", "reward.scale", "reward.max_loss_points",
        "reward.cost_slope", "final.candidates", "final.slack_policies"}) {
    options.advanced(name);
  }
  DeclareOptions declare(options);
  std::string section;
  for (const auto& group : s.methods.groups()) {
    if (group->section() != section) options.advanced_section(section = group->section());
    group->visit(declare);
  }
}

void weigh_by_limit(const SearchSettings& settings, HardwareOptions& hardware) {
  const auto given = [&](const std::string& key) { return hardware.given(key); };
  for (const auto& [key, weight] : cosim::cost_weights_of(settings, given))
    hardware.set(key, weight);
}

void settle_search_settings(const Options& options, SearchSettings& a) {
  const std::string preset = agent::search_method_type(a.search.method).preset;
  for (const auto& group : a.search.methods.groups()) {
    group->settle(preset, [&](const std::string& key) { return options.given(key.c_str()); });
  }
}

}  // namespace kirchhoff::cli
