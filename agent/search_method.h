#pragma once

#include <iosfwd>
#include <string>

#include "agent/environment.h"
#include "agent/policy_space.h"

namespace kirchhoff::agent {

/// One way to look for the best policy. The search loop asks for a policy, evaluates it, tells the
/// outcome, and writes the logs and checkpoints.
class SearchMethod {
 public:
  virtual ~SearchMethod() = default;

  /// The actions of the next episode, one per slot of the space.
  virtual Actions propose() = 0;
  /// The outcome of the actions that propose() gave last. Returns a row of the method's own log in
  /// the order of log_columns(), or an empty string when there is nothing to log.
  virtual std::string observe(const Actions& actions, const Outcome& outcome) = 0;
  /// Comma-separated columns of updates.csv; empty when the method keeps no log.
  virtual std::string log_columns() const { return {}; }

  /// Everything that the future of the method depends on, random generator included.
  virtual void save(std::ostream& out) const = 0;
  /// Replaces the state by a saved one of a method with the same options.
  virtual void load(std::istream& in) = 0;
};

}  // namespace kirchhoff::agent
