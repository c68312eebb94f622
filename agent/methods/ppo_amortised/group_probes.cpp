#include "agent/methods/ppo_amortised/group_probes.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "base/portable_math.h"

namespace kirchhoff::agent {
namespace {

/// 3 bits.
constexpr int kProbed = 1;
/// Nats; and the least part of a group's loss that one of its slots is left with.
constexpr double kUsualLoss = 0.1, kLeastLoss = 1e-6, kLeastPart = 0.05;

}  // namespace

GroupProbes::GroupProbes(const PolicySpace& space) : space_(space) {
  const int slots = space.slots().size();
  const auto size = static_cast<std::size_t>((slots + kMostProbes - 1) / kMostProbes);
  std::array<Group, 2> open;
  for (const SlotId slot : space.slots().ids()) {
    Group& group = open[space.slots()[slot].activation ? 1 : 0];
    group.slots.push_back(slot);
    if (group.slots.size() < size) continue;
    groups_.push_back(group);
    group.slots.clear();
  }
  for (const Group& group : open) {
    if (!group.slots.empty()) groups_.push_back(group);
  }
}

std::size_t GroupProbes::place() const {
  const auto open = [&](const Group& group) {
    return second_ ? group.alone.size() + 1 < group.slots.size() : !group.together;
  };
  return static_cast<std::size_t>(std::find_if(groups_.begin(), groups_.end(), open) -
                                  groups_.begin());
}

std::optional<Actions> GroupProbes::next() const {
  const std::size_t at = place();
  if (at == groups_.size()) return std::nullopt;
  const Group& group = groups_[at];
  Actions actions(space_.slots().size(), kActions - 1);
  if (second_) {
    actions[group.slots[group.alone.size()]] = kProbed;
  } else {
    for (const SlotId slot : group.slots) actions[slot] = kProbed;
  }
  return actions;
}

void GroupProbes::learn(double divergence) {
  Group& group = groups_[place()];
  const double loss = std::max(divergence, kLeastLoss);
  if (second_) {
    group.alone.push_back(loss);
  } else {
    group.together = loss;
  }
}

bool GroupProbes::begin_second_round() {
  if (next()) return false;
  second_ = true;
  return place() < groups_.size();
}

Sensitivities GroupProbes::law() const {
  const auto operand = [&](SlotId slot) { return space_.slots()[slot].activation ? 1u : 0u; };
  IndexedVector<SlotId, double> at_probed(space_.slots().size(), 0.0);
  std::array<double, 2> logarithms{}, probed{};
  for (const Group& group : groups_) {
    if (!group.together) continue;
    const double known = std::accumulate(group.alone.begin(), group.alone.end(), 0.0);
    const auto others = static_cast<double>(group.slots.size() - group.alone.size());
    const double rest = std::max(*group.together - known, kLeastPart * *group.together) / others;
    for (std::size_t s = 0; s < group.slots.size(); ++s) {
      const SlotId slot = group.slots[s];
      const double loss = s < group.alone.size() ? group.alone[s] : rest;
      at_probed[slot] = loss;
      logarithms[operand(slot)] += base::portable_log(loss);
      probed[operand(slot)] += 1.0;
    }
  }
  Sensitivities law;
  for (const SlotId slot : at_probed.ids()) {
    double loss = at_probed[slot];
    const double count = probed[operand(slot)];
    if (loss == 0.0)
      loss = count > 0.0 ? base::portable_exp(logarithms[operand(slot)] / count) : kUsualLoss;
    law.push_back(completed_losses({kProbed}, {loss}));
  }
  return law;
}

}  // namespace kirchhoff::agent
