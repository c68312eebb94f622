#pragma once

#include "agent/planning/planned_search.h"

namespace kirchhoff::agent {

/// The same width for the weights and activations of every free layer, from 8 bits down to 2: what
/// a designer without a search would try.
class UniformSearch final : public PlannedSearch {
 public:
  explicit UniformSearch(Environment& environment) : PlannedSearch(environment) {}

 private:
  void plan(Trial& trial) override;
};

}  // namespace kirchhoff::agent
