#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "agent/models.h"
#include "agent/policy_space.h"
#include "base/rng.h"
#include "quant/network/network.h"

namespace kirchhoff::agent {

/// Many slots in a chain: each loses alone, a quarter per bit, some have a cliff, and neighbours
/// make each other lose more. Costs are whole numbers per slot and bit, so that the optimum is
/// known: by dynamic programming over slot, width and cost.
class ChainedLandscape final : public CostModel, public AccuracyModel {
 public:
  ChainedLandscape(const quant::Network& network, std::uint64_t seed, double coupling)
      : space_(network), coupling_(coupling) {
    Rng rng(seed);
    for (const SlotId slot : space_.slots().ids()) {
      Slot its;
      its.loss = std::exp(1.2 * rng.normal());
      its.cliff = rng.uniform() < 0.15 ? static_cast<int>(1 + rng.index(2)) : 0;
      its.units = static_cast<int>(1 + rng.index(4));
      (void)slot;
      slots_.push_back(its);
      reference_ += its.units * quant::kMaxSearchBits;
    }
  }

  Cost cost(const quant::Policy& policy) override {
    int units = 0;
    const Actions actions = space_.actions(policy);
    for (const SlotId slot : actions.ids()) units += units_of(slot, actions[slot]);
    const double ratio = static_cast<double>(units) / reference_;
    return {ratio, ratio, ratio, ratio};
  }
  Score score(const quant::Policy& policy) override {
    const double divergence = divergence_of(space_.actions(policy));
    return {90.0 - 20.0 * divergence, divergence};
  }

  /// The least divergence of all policies within the threshold.
  double optimum(double threshold) const {
    const auto most = static_cast<std::size_t>(threshold * reference_ + 1e-9);
    constexpr double kNone = std::numeric_limits<double>::infinity();
    using Row = std::vector<double>;
    std::vector<Row> least(kActions, Row(most + 1, kNone));  // by the last width and the units
    for (const SlotId slot : space_.slots().ids()) {
      std::vector<Row> next(kActions, Row(most + 1, kNone));
      for (int action = 0; action < kActions; ++action) {
        const auto units = static_cast<std::size_t>(units_of(slot, action));
        Row& row = next[static_cast<std::size_t>(action)];
        for (std::size_t spent = units; spent <= most; ++spent) {
          if (slot == SlotId{}) {
            row[spent] = alone(slot, action);
            continue;
          }
          for (int before = 0; before < kActions; ++before) {
            const double rest = least[static_cast<std::size_t>(before)][spent - units];
            if (rest == kNone) continue;
            row[spent] =
                std::min(row[spent], rest + alone(slot, action) + together(slot, before, action));
          }
        }
      }
      least = std::move(next);
    }
    double best = kNone;
    for (const Row& row : least) best = std::min(best, *std::min_element(row.begin(), row.end()));
    return best;
  }

 private:
  struct Slot {
    double loss = 0.0;
    int cliff = 0;  ///< actions below it lose thirty times as much
    int units = 1;
  };
  static constexpr double kScale = 0.2;

  int units_of(SlotId slot, int action) const {
    return slots_[slot].units * (quant::kMinBits + action);
  }
  double alone(SlotId slot, int action) const {
    if (action == kActions - 1) return 0.0;
    const double loss = kScale * slots_[slot].loss * std::pow(4.0, -action);
    return action < slots_[slot].cliff ? 30.0 * loss : loss;
  }
  /// Of a slot and the one before it.
  double together(SlotId slot, int before, int action) const {
    const SlotId other{static_cast<int>(slot) - 1};
    return coupling_ * std::sqrt(alone(other, before) * alone(slot, action));
  }
  double divergence_of(const Actions& actions) const {
    double sum = 0.0;
    for (const SlotId slot : actions.ids()) {
      sum += alone(slot, actions[slot]);
      if (slot != SlotId{}) {
        sum += together(slot, actions[SlotId{static_cast<int>(slot) - 1}], actions[slot]);
      }
    }
    return sum;
  }

  const PolicySpace space_;
  const double coupling_;
  IndexedVector<SlotId, Slot> slots_;
  int reference_ = 0;
};

}  // namespace kirchhoff::agent
