#include "cli/search_options.h"

#include <cstdint>
#include <map>
#include <type_traits>

namespace kirchhoff::cli {

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
  options.integer<std::int64_t>(
      "accuracy-evaluations", s.accuracy_evaluations, 0, kMaxEvaluations,
      "stop after measuring the accuracy of so many different policies; 0 = no limit");
  options.integer<std::int64_t>("simulator-calls", s.simulator_calls, 0, kMaxEvaluations,
                                "stop after simulating so many different policies; 0 = no limit");
  options.integer<std::size_t>("validation-images", a.validation_images, 0, 1000000,
                               "the first N images of the validation split; 0 = all");
  options.integer<std::size_t>(
      "race-images", a.race_images, 0, 1000000,
      "drop policies that on the first N images surely lose more than is rewarded; 0 = none");
  agent::visit_reward_options(s.reward, declare_field);
  options.integer("final.candidates", s.final.candidates, 0, 1000,
                  "best policies that are measured again, on the whole validation split; 0 = no "
                  "final stage");
  options.integer("final.slack_policies", s.final.slack_policies, 0, 100000,
                  "then add bits to the winner while it stays within th and improves, trying at "
                  "most so many policies");
  options.integer("threads", a.threads, 0, 1024, "threads that measure accuracy; 0 = one per core");
  options.choice("device", a.device, {"cpu", "cuda"},
                 "where to measure accuracy; both give the same ones");
  options.flag("adc-exact", a.adc_exact,
               "model every conversion of the chip's ADCs even where none can lose anything; the "
               "accuracies are the same");
  options.text("cost-table", a.cost_table, "FILE",
               "take costs from this table (kirchhoff cost-table) instead of simulating");
  options.integer(
      "tune-each", a.tune_epochs, 0, 1000,
      "epochs of fine-tuning to every policy before its accuracy is measured; 0 = none");
  options.integer<std::size_t>("tune-images", a.tune_images, 0, 10000000,
                               "training images of such an epoch; 0 = all");
  options.advanced("device");
  options.advanced("adc-exact");
  options.advanced("tune-each");
  options.advanced("tune-images");
  for (const char* name :
       {"accuracy-evaluations", "simulator-calls", "reward.scale", "reward.max_loss_points",
        "reward.cost_slope", "final.candidates", "final.slack_policies"}) {
    options.advanced(name);
  }
  options.advanced_section("PPO");
  options.choice("ppo.preset", a.ppo_preset, {"paper", "tuned"},
                 "values of the keys below that are not given: the paper's, or what suits short "
                 "episodes better, with policies lowered to th");
  agent::visit_ppo_options(s.ppo, declare_field);
  options.advanced_section("DDPG");
  agent::visit_ddpg_options(s.ddpg, declare_field);
  options.choice("ddpg.wall", s.ddpg.wall, {"joint", "haq"},
                 "how bits are taken away: weight and activation of a layer together, or one "
                 "after the other as in HAQ's code");
  options.advanced_section("Other methods");
  agent::visit_plan_options(s.plan, declare_field);
  options.choice("plan.sensitivity", s.plan.sensitivity, {"divergence", "accuracy"},
                 "greedy, ilp: what a slot is said to lose");
}

void settle_search_settings(const Options& options, SearchSettings& a) {
  if (a.ppo_preset != "tuned" && a.search.method != "ppo-tuned") return;
  std::map<std::string, double> tuned;
  agent::visit_ppo_options(agent::PpoOptions::tuned(), [&](const char* key, auto value, auto, auto,
                                                           const char*) { tuned[key] = value; });
  agent::visit_ppo_options(a.search.ppo,
                           [&](const char* key, auto& field, auto, auto, const char*) {
                             if (!options.given(key))
                               field = static_cast<std::decay_t<decltype(field)>>(tuned.at(key));
                           });
}

}  // namespace kirchhoff::cli
