#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "agent/planning/sensitivity.h"
#include "agent/policy_space.h"

namespace kirchhoff::agent {

/// First guesses of what every slot loses with few measurements where slots are many: each is
/// probed at 3 bits only, together with its neighbours of the same operand where there are more
/// than kMostProbes. A quarter of the loss is left per bit, as of rounding noise. A second round
/// probes the slots of a group one by one, all but the last, which has the rest.
class GroupProbes {
 public:
  static constexpr int kMostProbes = 56;

  explicit GroupProbes(const PolicySpace& space);

  /// Of the first round.
  std::size_t groups() const { return groups_.size(); }
  /// The next policy to measure; empty when the round is over.
  std::optional<Actions> next() const;
  /// The divergence of next().
  void learn(double divergence);
  /// Begins the second round; false when there is nothing more to probe, or when the first is not
  /// over.
  bool begin_second_round();
  /// Slots that are not probed yet are taken to lose what those of their operand lose in the
  /// geometric mean; before the first of them, 0.1 nats.
  Sensitivities law() const;

 private:
  struct Group {
    std::vector<SlotId> slots;
    std::optional<double> together;
    std::vector<double> alone;  ///< of the first slots
  };
  /// Of the group that next() is about.
  std::size_t place() const;

  const PolicySpace& space_;
  std::vector<Group> groups_;
  bool second_ = false;
};

}  // namespace kirchhoff::agent
