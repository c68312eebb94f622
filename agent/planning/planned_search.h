#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/cost_limit.h"
#include "agent/search_method.h"

namespace kirchhoff::agent {

/// A method that is written as an ordinary function: plan() calls trial.measure() wherever it wants
/// a policy evaluated and returns when it has nothing left to try. Underneath, plan() is a
/// coroutine that sleeps in measure() while the search loop does the evaluation. Its state needs no
/// saving: plan() must be a pure function of the options, the seed and the answers, so a resumed
/// run tells it the answers of before again.
class PlannedSearch : public SearchMethod {
 private:
  struct Run;

 public:
  ~PlannedSearch() override;

  std::optional<Proposal> propose() final;
  std::vector<Proposal> upcoming() final;
  std::string observe(const Proposal& proposal, const Outcome& outcome) final;
  void save(std::ostream& out) const final;
  void load(std::istream& in) final;

 protected:
  /// The world as plan() sees it.
  class Trial {
   public:
    Trial(PlannedSearch& owner, Run& run) : owner_(owner), run_(run) {}
    /// What measure() will be called with from now on, whatever comes out, in this order: a search
    /// with several workers measures them side by side. Others may come in between.
    void expect(const std::vector<Proposal>& proposals);
    /// The next episode. May not return: the budget can be used up, and then plan() is unwound.
    /// So plan() must not swallow exceptions that it does not know.
    Outcome measure(const Proposal& proposal);
    /// What a policy costs, as a ratio to W8A8; a simulator call unless it was asked before.
    double cost(const Actions& actions);
    /// Of W8A8, on the images that the search measures.
    double reference_accuracy_pct();
    /// What slots lose alone, by the network's gradients; nothing is measured.
    Sensitivities gradient_sensitivities(quant::GradientLoss loss);
    /// What policies may cost; asks the loop, as the functions above do.
    CostLimit limit();

   private:
    /// Runs `answer` on the loop's stack.
    void ask(const std::function<void()>& answer);
    PlannedSearch& owner_;
    Run& run_;
  };

  /// Keeps a reference to the environment.
  explicit PlannedSearch(Environment& environment);
  virtual void plan(Trial& trial) = 0;
  /// False: plan() asks for the same policies whatever it is told.
  virtual bool heeds_outcomes() const { return true; }

  const PolicySpace& space() const { return environment_.space(); }
  const RewardOptions& reward() const { return environment_.options(); }

 private:
  /// Starts plan(), up to its first question.
  std::unique_ptr<Run> begin();
  /// Goes on until plan() waits for an outcome. False when it has ended.
  static bool waits_for_outcome(Run& run);
  std::vector<Proposal> scouted();

  Environment& environment_;
  std::vector<Outcome> outcomes_;  ///< all that plan() was told
  std::unique_ptr<Run> run_;
  std::unique_ptr<Run> scout_;  ///< a plan() that heeds no outcomes, further on than run_
  std::size_t scouted_ = 0;     ///< proposals that the scout has passed
};

}  // namespace kirchhoff::agent
