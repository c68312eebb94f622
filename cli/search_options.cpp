#include "cli/search_options.h"

#include <cstdint>
#include <type_traits>

namespace kirchhoff::cli {

void declare_search_settings(Options& options, SearchSettings& a) {
  agent::SearchOptions& s = a.search;
  options.integer<std::int64_t>(
      "accuracy-evaluations", s.accuracy_evaluations, 0, INT64_MAX,
      "stop after measuring the accuracy of so many different policies; 0 = no limit");
  options.integer<std::int64_t>("simulator-calls", s.simulator_calls, 0, INT64_MAX,
                                "stop after simulating so many different policies; 0 = no limit");
  options.integer<std::size_t>("validation-images", a.validation_images, 0, 1000000,
                               "the first N images of the validation split; 0 = all");
  options.integer<std::size_t>(
      "race-images", a.race_images, 0, 1000000,
      "drop policies that on the first N images surely lose more than is rewarded; 0 = none");
  options.number("reward.scale", s.reward.scale, Range::positive(), "reward per percentage point");
  options.number("reward.max_loss_points", s.reward.max_loss_points, Range::at_least(0),
                 "loss of accuracy against W8A8 beyond which the reward is -1, in points");
  options.number("reward.cost_slope", s.reward.cost_slope, Range::at_least(0),
                 "beyond th the reward is -1 less this times (cost / th - 1); 0 = the paper's -1");
  options.integer("final.candidates", s.final.candidates, 0, 1000,
                  "best policies that are measured again, on the whole validation split; 0 = no "
                  "final stage");
  options.integer("final.slack_policies", s.final.slack_policies, 0, 100000,
                  "then add bits to the winner while it stays within th and improves, trying at "
                  "most so many policies");
  options.integer("threads", a.threads, 0, 1024, "threads that measure accuracy; 0 = one per core");
  options.text("cost-table", a.cost_table, "FILE",
               "take costs from this table (kirchhoff cost-table) instead of simulating");
  options.section("PPO");
  agent::visit_ppo_options(
      s.ppo, [&](const char* key, auto& field, auto min, auto max, const char* meaning) {
        if constexpr (std::is_integral_v<std::decay_t<decltype(field)>>) {
          options.integer(key, field, min, max, meaning);
        } else {
          options.number(key, field, Range::closed(min, max), meaning);
        }
      });
}

}  // namespace kirchhoff::cli
