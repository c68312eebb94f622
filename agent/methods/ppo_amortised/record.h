#pragma once

#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "agent/policy_space.h"

namespace kirchhoff::agent {

/// The divergences that a search has measured, in nats.
class Record {
 public:
  bool knows(const Actions& actions) const { return divergences_.count(actions) != 0; }
  /// `allowed`: the policy is within the threshold.
  void add(const Actions& actions, double divergence, bool allowed) {
    divergences_[actions] = divergence;
    if (allowed) best_[{divergence, actions}] = divergences_.size();
  }
  const std::map<Actions, double>& divergences() const { return divergences_; }
  bool has_best() const { return !best_.empty(); }
  /// The least divergent policy within the threshold. Where has_best().
  const Actions& best() const { return best_.begin()->first.second; }
  double least() const { return best_.begin()->first.first; }
  /// Policies that were measured since.
  std::size_t since_best() const { return divergences_.size() - best_.begin()->second; }

 private:
  std::map<Actions, double> divergences_;
  std::map<std::pair<double, Actions>, std::size_t> best_;  ///< and the how manyth each was
};

}  // namespace kirchhoff::agent
