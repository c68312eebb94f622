#include "agent/planned_search.h"

#include <boost/coroutine2/coroutine.hpp>
#include <boost/coroutine2/protected_fixedsize_stack.hpp>

#include "agent/binary_stream.h"

namespace kirchhoff::agent {
namespace {

// Solvers and optimisation libraries run on it. Pages that are not touched take no memory.
constexpr std::size_t kStackBytes = std::size_t{8} << 20;

void write_outcome(std::ostream& out, const Outcome& outcome) {
  write_vector(out, outcome.policy.layers);
  write_value(out, outcome.cost);
  write_optional(out, outcome.score);
  write_value(out, outcome.reward);
  write_value(out, outcome.feasible);
}

Outcome read_outcome(std::istream& in) {
  Outcome outcome;
  outcome.policy.layers = read_vector<quant::LayerBits>(in);
  outcome.cost = read_value<Cost>(in);
  outcome.score = read_optional<Score>(in);
  outcome.reward = read_value<double>(in);
  outcome.feasible = read_value<bool>(in);
  return outcome;
}

}  // namespace

/// What plan() waits for: the cost of `actions`, or the outcome of `proposal`; with neither, the
/// accuracy of W8A8.
struct PlannedSearch::Coroutine {
  struct Request {
    const Proposal* proposal = nullptr;
    const Actions* actions = nullptr;
  };
  using Source = boost::coroutines2::coroutine<Request>;

  Source::push_type* to_loop = nullptr;  ///< valid while plan() runs
  std::unique_ptr<Source::pull_type> from_plan;
  // The answers to the last request of each kind.
  Cost cost;
  Outcome outcome;
  double reference_accuracy_pct = 0.0;
};

PlannedSearch::PlannedSearch(Environment& environment) : environment_(environment) {}
PlannedSearch::~PlannedSearch() = default;

Outcome PlannedSearch::Trial::measure(const Proposal& proposal) {
  Coroutine& coroutine = *owner_.coroutine_;
  (*coroutine.to_loop)({&proposal, nullptr});
  return coroutine.outcome;
}

Cost PlannedSearch::Trial::cost(const Actions& actions) {
  // Answered by the loop, too: simulators have coroutines of their own and stay on the main stack.
  Coroutine& coroutine = *owner_.coroutine_;
  (*coroutine.to_loop)({nullptr, &actions});
  return coroutine.cost;
}

double PlannedSearch::Trial::reference_accuracy_pct() {
  Coroutine& coroutine = *owner_.coroutine_;
  (*coroutine.to_loop)({});
  return coroutine.reference_accuracy_pct;
}

std::optional<Proposal> PlannedSearch::propose() {
  if (!coroutine_) {
    coroutine_ = std::make_unique<Coroutine>();
    coroutine_->from_plan = std::make_unique<Coroutine::Source::pull_type>(
        boost::coroutines2::protected_fixedsize_stack(kStackBytes),
        [this](Coroutine::Source::push_type& to_loop) {
          coroutine_->to_loop = &to_loop;
          to_loop({});  // plan() itself starts once from_plan has its value
          Trial trial(*this);
          plan(trial);
        });
    (*coroutine_->from_plan)();
  }
  Coroutine::Source::pull_type& plan = *coroutine_->from_plan;
  while (plan) {
    const Coroutine::Request request = plan.get();
    if (request.proposal != nullptr) return *request.proposal;
    if (request.actions != nullptr) {
      coroutine_->cost = environment_.cost(space().policy(*request.actions));
    } else {
      coroutine_->reference_accuracy_pct = environment_.reference_accuracy_pct();
    }
    plan();
  }
  return std::nullopt;
}

std::string PlannedSearch::observe(const Proposal&, const Outcome& outcome) {
  outcomes_.push_back(outcome);
  coroutine_->outcome = outcome;
  (*coroutine_->from_plan)();
  return {};
}

void PlannedSearch::save(std::ostream& out) const {
  write_value(out, static_cast<std::uint64_t>(outcomes_.size()));
  for (const Outcome& outcome : outcomes_) write_outcome(out, outcome);
}

void PlannedSearch::load(std::istream& in) {
  std::vector<Outcome> told(read_count(in));
  for (Outcome& outcome : told) outcome = read_outcome(in);
  coroutine_.reset();
  outcomes_.clear();
  for (const Outcome& outcome : told) {
    const std::optional<Proposal> proposal = propose();
    if (!proposal ||
        !(space().policy(proposal->actions).to_string() == outcome.policy.to_string())) {
      throw InputError("the method would not have tried the policies that it holds");
    }
    observe(*proposal, outcome);
  }
}

}  // namespace kirchhoff::agent
