#pragma once

#include <functional>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/models.h"
#include "agent/policy_space.h"

namespace kirchhoff::agent {

/// The paper's eq. (2).
struct RewardOptions {
  double threshold = 0.8;         ///< th: the largest cost ratio to W8A8 that is allowed
  double scale = 0.1;             ///< lambda: reward per percentage point
  double max_loss_points = 10.0;  ///< tau: the largest loss against W8A8 that is rewarded
  /// Beyond the threshold the reward is -1 - cost_slope * (cost / threshold - 1): 0 is the paper's
  /// flat -1, more tells an agent which way is down.
  double cost_slope = 0.0;

  /// Throws InputError naming the key, the value and the allowed range.
  void validate() const;
};

/// Thresholds that can be asked for, as cost ratios to W8A8.
inline constexpr double kLeastThreshold = 0.001, kMostThreshold = 1000.0;

/// Calls visit(key, field, min, max, meaning) for every option but the threshold: the one list
/// behind flags, the resolved configuration and the range checks. Within the ranges rewards stay
/// far from what single precision holds.
template <typename Options, typename Visitor>
void visit_reward_options(Options&& o, Visitor&& visit) {
  visit("reward.scale", o.scale, 0.0001, 1000.0, "reward per percentage point");
  visit("reward.max_loss_points", o.max_loss_points, 0.0, 100.0,
        "loss of accuracy against W8A8 beyond which the reward is -1, in points");
  visit("reward.cost_slope", o.cost_slope, 0.0, 1000.0,
        "beyond th the reward is -1 less this times (cost / th - 1); 0 = the paper's -1");
}

/// scale * (accuracy - reference) when cost and loss are within their limits, -1 or less otherwise.
/// An accuracy that was not measured counts as too low.
double reward(double cost_ratio, std::optional<double> accuracy_pct, double reference_pct,
              const RewardOptions& options);

/// What became of one policy.
struct Outcome {
  quant::Policy policy;
  Cost cost;
  std::optional<Score> score;  ///< empty when the cost already ruled the policy out
  double reward = 0.0;
  bool feasible = false;  ///< the cost ratio is within the threshold
};

/// How often the models were asked, and how long they took. Repeated policies are answered from a
/// memo and do not count; the W8A8 reference and the floor do.
struct Evaluations {
  long long accuracy = 0;
  long long simulator = 0;
  long long whole = 0;  ///< accuracies on the whole split, in the final stage
  double accuracy_s = 0.0;
  double simulator_s = 0.0;
};

/// The world of a search: which policies there are, and what each is worth.
class Environment {
 public:
  /// `whole` scores on all the data there is, for the final stage; it may be the same model as
  /// `accuracies`. Keeps references to the models.
  Environment(const PolicySpace& space, CostModel& costs, AccuracyModel& accuracies,
              AccuracyModel& whole, const RewardOptions& options,
              RankBy rank_by = RankBy::kAccuracy);
  Environment(const quant::Network& network, CostModel& costs, AccuracyModel& accuracies,
              const RewardOptions& options, RankBy rank_by = RankBy::kAccuracy)
      : Environment(PolicySpace(network), costs, accuracies, accuracies, options, rank_by) {}

  const PolicySpace& space() const { return space_; }
  const RewardOptions& options() const { return options_; }
  /// How the search that this is the world of ranks policies. Rewards do not depend on it.
  RankBy rank_by() const { return rank_by_; }

  /// Ends an episode: the simulator is asked once, and the accuracy model only if the cost permits
  /// or if the episode is a `probe`.
  Outcome evaluate(const Actions& actions, bool probe = false);

  /// Memoised answers of the models. RunError when a model answers with something that is no
  /// number.
  Cost cost(const quant::Policy& policy);
  /// Its Cost::cost alone: no simulator call where the model knows that without one.
  double cost_ratio(const quant::Policy& policy);
  Score score(const quant::Policy& policy);
  Score whole_score(const quant::Policy& policy);
  /// The cheapest policy that the search may choose, where the cost model knows it. Otherwise 2
  /// bits everywhere; if these are beyond the threshold, slot after slot is changed as long as that
  /// saves anything. RunError when that is stopped.
  const Actions& floor();
  /// Asked before every policy that floor() looks at.
  void stop_floor_if(std::function<bool()> stop) { stop_ = std::move(stop); }
  /// The cheapest policy that begins with `taken`, as floor() is.
  Actions cheapest(const Actions& taken);
  /// More bits never cost less, as far as is known.
  bool monotone();
  /// The least of all costs that were asked for. Infinite before the first.
  double least_cost() const;
  /// CostModel::confirm() of a policy and of what it is compared with.
  void confirm(const quant::Policy& policy);
  std::optional<AbsoluteCost> reference_cost() const { return costs_.reference(); }
  double reference_accuracy_pct() { return score(space_.reference()).accuracy_pct; }

  /// What slots lose alone, by the accuracy model's gradients. No evaluation. Memoised: a search
  /// asks for one kind of loss only. InputError when the model has no gradients.
  const Sensitivities& gradient_sensitivities(quant::GradientLoss loss);
  /// The same; empty when nobody has asked for it.
  const std::optional<Sensitivities>& known_sensitivities() const { return sensitivities_; }

  /// What the search is about to ask for, so that an accuracy model can measure several policies
  /// side by side. Neither `upcoming`, which may ask this world for costs, nor what is measured
  /// then counts as an evaluation or is known here before it is asked for: with a model that
  /// measures one policy at a time nothing happens at all.
  struct Candidate {
    Actions actions;
    bool probe = false;
  };
  void look_ahead(const std::function<std::vector<Candidate>()>& upcoming);
  /// The same for policies of the final stage.
  void expect_whole(const std::vector<quant::Policy>& policies);

  const Evaluations& evaluations() const { return evaluations_; }

  /// The memo and the counts, for checkpoints.
  void save(std::ostream& out) const;
  void load(std::istream& in);

 private:
  struct Memo {
    std::optional<Cost> cost;
    std::optional<Score> score, whole;
  };
  Score measure(const quant::Policy& policy, AccuracyModel& model,
                Score (AccuracyModel::*ask)(const quant::Policy&));
  Actions find_floor();

  const PolicySpace space_;
  CostModel& costs_;
  AccuracyModel& accuracies_;
  AccuracyModel& whole_;
  const RewardOptions options_;
  const RankBy rank_by_;
  std::map<std::string, Memo> memo_;  ///< by Policy::to_string()
  Evaluations evaluations_;
  std::optional<Sensitivities> sensitivities_;
  std::function<bool()> stop_;
  std::optional<Actions> floor_;  ///< a pure function of the model: not saved
};

}  // namespace kirchhoff::agent
