#include "agent/search/final_stage.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "agent/search/slack.h"

namespace kirchhoff::agent {
namespace {

bool better(const FinalChoice& one, const FinalChoice& other, RankBy by) {
  return better(one.score, one.cost, other.score, other.cost, by);
}

/// The best one that is not surely less accurate than another; null of none. The most accurate one
/// never is.
const FinalChoice* winner(const std::vector<FinalChoice>& choices, RankBy by) {
  const FinalChoice* best = nullptr;
  for (const FinalChoice& one : choices) {
    const bool out = std::any_of(choices.begin(), choices.end(), [&](const FinalChoice& other) {
      return surely_less_accurate(one.score, other.score);
    });
    if (!out && (best == nullptr || better(one, *best, by))) best = &one;
  }
  return best;
}

/// Measures on the whole split and tells how far the stage is.
class Scorer {
 public:
  Scorer(Environment& environment, const FinalStageCallbacks& callbacks, int most)
      : environment_(environment), callbacks_(callbacks), most_(most) {
    tell();
  }
  bool stopped() const { return callbacks_.stop && callbacks_.stop(); }
  Score score(const quant::Policy& policy) {
    const Score score = environment_.whole_score(policy);
    ++measured_;
    tell();
    return score;
  }

 private:
  void tell() const {
    if (callbacks_.progress) callbacks_.progress(measured_, most_);
  }
  Environment& environment_;
  const FinalStageCallbacks& callbacks_;
  const int most_;
  int measured_ = 0;
};

/// The best policy that one more bit makes of `from`. Empty when there is none.
std::optional<FinalChoice> one_more_bit(Environment& environment, const FinalChoice& from,
                                        SlackOrder& order, int& policies_left, Scorer& scorer) {
  std::vector<BitStep> steps = bit_steps(environment, from.policy);
  order.sort(steps);
  std::vector<FinalChoice> tried;
  for (const BitStep& step : steps) {
    if (policies_left == 0 || scorer.stopped()) break;
    --policies_left;
    FinalChoice next = from;
    next.policy = step.policy;
    next.cost = step.cost;
    next.added_bits += step.added_bits;
    next.score = scorer.score(next.policy);
    order.tried(step.slot, from.score.divergence - next.score.divergence);
    tried.push_back(next);
  }
  const FinalChoice* const best = winner(tried, environment.rank_by());
  if (best == nullptr) return std::nullopt;
  order.taken(steps[static_cast<std::size_t>(best - tried.data())].slot);
  return *best;
}

}  // namespace

bool surely_less_accurate(const Score& one, const Score& other) {
  constexpr double kErrors = 2.0;
  if (!one.loss_error_points || !other.loss_error_points) return false;
  const double squares = *one.loss_error_points * *one.loss_error_points +
                         *other.loss_error_points * *other.loss_error_points;
  return other.accuracy_pct - one.accuracy_pct > kErrors * std::sqrt(squares);
}

std::optional<FinalChoice> final_stage(Environment& environment,
                                       const std::vector<BestEpisode>& top,
                                       const FinalStageOptions& options,
                                       const FinalStageCallbacks& callbacks) {
  const RankBy by = environment.rank_by();
  std::vector<FinalChoice> measured;
  const std::size_t candidates = std::min(top.size(), static_cast<std::size_t>(options.candidates));
  // And the reference.
  Scorer scorer(environment, callbacks, static_cast<int>(candidates) + options.slack_policies + 1);
  std::vector<quant::Policy> expected{environment.space().reference()};
  for (std::size_t i = 0; i < candidates; ++i) expected.push_back(top[i].policy);
  environment.expect_whole(expected);
  for (std::size_t i = 0; i < candidates; ++i) {
    if (scorer.stopped()) return std::nullopt;
    measured.push_back({top[i].policy, top[i].cost, scorer.score(top[i].policy)});
  }
  FinalChoice best = *winner(measured, by);
  SlackOrder order(environment.space());
  for (int policies_left = options.slack_policies;;) {
    const std::optional<FinalChoice> next =
        one_more_bit(environment, best, order, policies_left, scorer);
    if (scorer.stopped()) return std::nullopt;
    if (!next || !better(*next, best, by) || surely_less_accurate(next->score, best.score)) break;
    best = *next;
  }
  best.reference_accuracy_pct = scorer.score(environment.space().reference()).accuracy_pct;
  return best;
}

}  // namespace kirchhoff::agent
