#include "agent/methods/random_band/random_band.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "agent/wall.h"

namespace kirchhoff::agent {
namespace {

constexpr int kDraws = 200;
constexpr double kDeviationBits = 2.0;

Actions around_a_common_level(Rng& rng, int slots) {
  const double level = rng.uniform() * (kActions - 1);
  Actions actions(slots);
  for (int& action : actions) {
    const double deviation = (2.0 * rng.uniform() - 1.0) * kDeviationBits;
    action = std::clamp(static_cast<int>(std::lround(level + deviation)), 0, kActions - 1);
  }
  return actions;
}

}  // namespace

void RandomBand::plan(Trial& trial) {
  Rng rng(seed_);
  for (;;) trial.measure(draw(trial, rng));
}

Proposal RandomBand::draw(Trial& trial, Rng& rng) const {
  const double threshold = reward().threshold;
  std::optional<std::pair<double, Actions>> below, above;
  for (int i = 0; i < kDraws; ++i) {
    const Actions actions = around_a_common_level(rng, space().slots().size());
    const double cost = trial.cost(actions);
    if (cost > threshold) {
      if (!above || cost < above->first) above = {cost, actions};
    } else {
      if (cost >= threshold - width_) return {actions, false, {}, 0};
      if (!below || cost > below->first) below = {cost, actions};
    }
  }
  if (below) return {below->second, false, {}, 0};
  const Walled walled =
      lower_to_threshold(space(), above->second, WallOrder::kJoint, trial.limit());
  return {walled.actions, false, above->second, walled.decrements};
}

}  // namespace kirchhoff::agent
