#include "agent/planning/slot_probes.h"

#include <algorithm>

namespace kirchhoff::agent {
namespace {

/// 2, 4, 6 and 7 bits.
constexpr int kWidths[] = {0, 2, 4, 5};
constexpr std::size_t kFew = 2;
/// Least factor by which a loss falls from one probed width to the next.
constexpr double kFall = 4.0;
/// Nats or points that are worth another probe.
constexpr double kWorthAProbe = 1e-3;

}  // namespace

SlotProbes::SlotProbes(const PolicySpace& space) : slots_(space.slots().size()) {}

bool SlotProbes::needs_more(const Probes& slot) const {
  const std::size_t probed = slot.losses.size();
  if (probed < kFew) return true;
  if (probed == std::size(kWidths) || slot.losses.back() < kWorthAProbe) return false;
  return slot.losses[probed - 2] < kFall * slot.losses.back();
}

Actions SlotProbes::probe(SlotId slot, std::size_t width) const {
  Actions actions(slots_.size(), kActions - 1);
  actions[slot] = kWidths[width];
  return actions;
}

std::optional<Actions> SlotProbes::next() const {
  if (!slots_.has(slot_)) return std::nullopt;
  return probe(slot_, slots_[slot_].losses.size());
}

std::vector<Actions> SlotProbes::upcoming() const {
  std::vector<Actions> probes;
  for (const SlotId slot : IdRange(slot_, slots_.end_id())) {
    // The one under way is next() itself.
    const std::size_t done = slots_[slot].losses.size() + (slot == slot_ ? 1 : 0);
    for (std::size_t width = done; width < kFew; ++width) probes.push_back(probe(slot, width));
  }
  return probes;
}

void SlotProbes::learn(double loss) {
  Probes& slot = slots_[slot_];
  slot.actions.push_back(kWidths[slot.losses.size()]);
  slot.losses.push_back(std::max(0.0, loss));
  losses_.push_back(loss);
  if (!needs_more(slot)) slot_ = following(slot_);
}

Sensitivities SlotProbes::law() const {
  Sensitivities law;
  for (const Probes& slot : slots_) law.push_back(completed_losses(slot.actions, slot.losses));
  return law;
}

}  // namespace kirchhoff::agent
