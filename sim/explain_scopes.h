#pragma once

#include <string>
#include <vector>

#include "sim/explain_scope.h"
#include "sim/ledger.h"

namespace kirchhoff::sim {

/// The tiles, layers and the unused part of a report, each with its ledger.
class Scopes {
 public:
  /// The report must outlive this.
  Scopes(const CostReport& report, const hw::ChipConfig& config);

  /// By number: "layer3", "tile2", "unused"; null when there is none.
  const Scope* find(const std::string& prefix) const;
  const Scope* find_named(const std::string& layer) const;
  /// Scopes whose amounts add up to the chip's.
  std::vector<const Scope*> summands() const;

  std::vector<Scope> layers, tiles;
  Scope unused;
  bool has_unused = false;
};

}  // namespace kirchhoff::sim
