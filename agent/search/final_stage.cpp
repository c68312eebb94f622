#include "agent/search/final_stage.h"

#include <algorithm>
#include <cstddef>

namespace kirchhoff::agent {
namespace {

bool better(const FinalChoice& one, const FinalChoice& other) {
  return better(one.score, one.cost, other.score, other.cost);
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

/// The best policy that one more bit makes of `from`; where more bits may cost less, a slot's next
/// width that is within the threshold. Empty when there is none.
std::optional<FinalChoice> one_more_bit(Environment& environment, const FinalChoice& from,
                                        int& policies_left, Scorer& scorer) {
  const double threshold = environment.options().threshold;
  std::optional<FinalChoice> best;
  for (const Slot& slot : environment.space().slots()) {
    FinalChoice next = from;
    quant::LayerBits& layer = next.policy.layers[slot.layer];
    int& bits = slot.activation ? layer.activation : layer.weight;
    if (bits == quant::kMaxSearchBits) continue;
    do {
      ++bits;
      ++next.added_bits;
      next.cost = environment.cost(next.policy);
    } while (next.cost.cost > threshold && !environment.monotone() && bits < quant::kMaxSearchBits);
    if (next.cost.cost > threshold) continue;
    if (policies_left == 0 || scorer.stopped()) break;
    --policies_left;
    next.score = scorer.score(next.policy);
    if (!best || better(next, *best)) best = next;
  }
  return best;
}

}  // namespace

std::optional<FinalChoice> final_stage(Environment& environment,
                                       const std::vector<BestEpisode>& top,
                                       const FinalStageOptions& options,
                                       const FinalStageCallbacks& callbacks) {
  std::optional<FinalChoice> best;
  const std::size_t candidates = std::min(top.size(), static_cast<std::size_t>(options.candidates));
  // And the reference.
  Scorer scorer(environment, callbacks, static_cast<int>(candidates) + options.slack_policies + 1);
  for (std::size_t i = 0; i < candidates; ++i) {
    if (scorer.stopped()) return std::nullopt;
    const FinalChoice candidate{top[i].policy, top[i].cost, scorer.score(top[i].policy)};
    if (!best || better(candidate, *best)) best = candidate;
  }
  for (int policies_left = options.slack_policies;;) {
    const std::optional<FinalChoice> next = one_more_bit(environment, *best, policies_left, scorer);
    if (scorer.stopped()) return std::nullopt;
    if (!next || !better(*next, *best)) break;
    best = next;
  }
  best->reference_accuracy_pct = scorer.score(environment.space().reference()).accuracy_pct;
  return best;
}

}  // namespace kirchhoff::agent
