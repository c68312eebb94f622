#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/environment.h"
#include "agent/policy_space.h"

namespace kirchhoff::agent {

/// What a method wants to try next.
struct Proposal {
  Actions actions;  ///< what is evaluated, one action per slot of the space
  /// Measures the accuracy even beyond the threshold: for methods that learn from it.
  bool probe = false;
  /// What was chosen before bits were taken away to meet the threshold; empty when none were.
  Actions chosen;
  int decrements = 0;  ///< layers or slots that lost a bit on the way from `chosen`
};

/// Probes of all of these.
std::vector<Proposal> probes_of(const std::vector<Actions>& policies);

/// One way to look for the best policy. The search loop asks for a proposal, evaluates it, tells
/// the outcome, and writes the logs and checkpoints.
class SearchMethod {
 public:
  virtual ~SearchMethod() = default;

  /// Of the next episode. Empty: the method has nothing left to try, whatever the budget.
  virtual std::optional<Proposal> propose() = 0;
  /// What propose() will give next, after the proposal that it gave last and before anything is
  /// observed, as far as that does not depend on outcomes. It changes nothing, but asks for costs
  /// as propose() would: called in Environment::look_ahead(). Empty: nobody knows.
  virtual std::vector<Proposal> upcoming() { return {}; }
  /// The outcome of what propose() gave last. Returns a row of the method's own log in the order of
  /// log_columns(), or an empty string when there is nothing to log.
  virtual std::string observe(const Proposal& proposal, const Outcome& outcome) = 0;
  /// Comma-separated columns of updates.csv; empty when the method keeps no log.
  virtual std::string log_columns() const { return {}; }

  /// Everything that the future of the method depends on, random generator included.
  virtual void save(std::ostream& out) const = 0;
  /// Replaces the state by a saved one of a method with the same options. The environment, if the
  /// method asks it for costs, has been restored before.
  virtual void load(std::istream& in) = 0;
};

}  // namespace kirchhoff::agent
