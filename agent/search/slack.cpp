#include "agent/search/slack.h"

#include <algorithm>

namespace kirchhoff::agent {

std::tuple<double, double, std::string, bool> SlackOrder::key(const BitStep& step) const {
  const Slot& slot = space_.slots()[step.slot];
  return {-expected_[step.slot], step.cost.cost, space_.network().layers[slot.layer].name,
          slot.activation};
}

void SlackOrder::sort(std::vector<BitStep>& steps) const {
  std::sort(steps.begin(), steps.end(),
            [&](const BitStep& a, const BitStep& b) { return key(a) < key(b); });
}

std::vector<BitStep> bit_steps(Environment& environment, const quant::Policy& from) {
  const double threshold = environment.options().threshold;
  const PolicySpace& space = environment.space();
  std::vector<BitStep> steps;
  for (const SlotId s : space.slots().ids()) {
    BitStep step{s, from, {}, 0};
    int bits = space.bits(from, s);
    if (bits == quant::kMaxSearchBits) continue;
    double cost = 0.0;
    do {
      space.set_bits(step.policy, s, ++bits);
      ++step.added_bits;
      cost = environment.cost_ratio(step.policy);
    } while (cost > threshold && !environment.monotone() && bits < quant::kMaxSearchBits);
    if (cost > threshold) continue;
    step.cost = environment.cost(step.policy);
    steps.push_back(step);
  }
  return steps;
}

}  // namespace kirchhoff::agent
