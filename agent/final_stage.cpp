#include "agent/final_stage.h"

#include <algorithm>
#include <cstddef>

namespace kirchhoff::agent {
namespace {

bool better(const FinalChoice& one, const FinalChoice& other) {
  return better(one.score, one.cost, other.score, other.cost);
}

/// The best policy that one more bit makes of `from`. Empty when none is within the threshold.
std::optional<FinalChoice> one_more_bit(Environment& environment, const FinalChoice& from,
                                        int& policies_left, const std::function<bool()>& stop) {
  std::optional<FinalChoice> best;
  for (const Slot& slot : environment.space().slots()) {
    FinalChoice next = from;
    quant::LayerBits& layer = next.policy.layers[slot.layer];
    int& bits = slot.activation ? layer.activation : layer.weight;
    if (bits == quant::kMaxSearchBits) continue;
    ++bits;
    next.cost = environment.cost(next.policy);
    if (next.cost.cost > environment.options().threshold) continue;
    if (policies_left == 0 || stop()) break;
    --policies_left;
    next.score = environment.whole_score(next.policy);
    ++next.added_bits;
    if (!best || better(next, *best)) best = next;
  }
  return best;
}

}  // namespace

std::optional<FinalChoice> final_stage(Environment& environment,
                                       const std::vector<BestEpisode>& top,
                                       const FinalStageOptions& options,
                                       const std::function<bool()>& stop) {
  std::optional<FinalChoice> best;
  const std::size_t candidates = std::min(top.size(), static_cast<std::size_t>(options.candidates));
  for (std::size_t i = 0; i < candidates; ++i) {
    if (stop()) return std::nullopt;
    const FinalChoice candidate{top[i].policy, top[i].cost, environment.whole_score(top[i].policy)};
    if (!best || better(candidate, *best)) best = candidate;
  }
  for (int policies_left = options.slack_policies;;) {
    const std::optional<FinalChoice> next = one_more_bit(environment, *best, policies_left, stop);
    if (stop()) return std::nullopt;
    if (!next || !better(*next, *best)) break;
    best = next;
  }
  best->reference_accuracy_pct =
      environment.whole_score(environment.space().reference()).accuracy_pct;
  return best;
}

}  // namespace kirchhoff::agent
