#include "agent/planning/planned_search.h"

#include <functional>

#include "agent/planning/sensitivity.h"
#include "base/binary_stream.h"
#include "base/coroutine.h"

namespace kirchhoff::agent {
namespace {

// Solvers and optimisation libraries run on it. Pages that are not touched take no memory.
constexpr std::size_t kStackBytes = std::size_t{8} << 20;

void write_outcome(std::ostream& out, const Outcome& outcome) {
  write_vector(out, outcome.policy.layers.items());
  write_value(out, outcome.cost);
  write_optional(out, outcome.score);
  write_value(out, outcome.reward);
  write_value(out, outcome.feasible);
}

Outcome read_outcome(std::istream& in) {
  Outcome outcome;
  outcome.policy.layers =
      IndexedVector<quant::LayerId, quant::LayerBits>(read_vector<quant::LayerBits>(in));
  outcome.cost = read_value<Cost>(in);
  outcome.score = read_optional<Score>(in);
  outcome.reward = read_value<double>(in);
  outcome.feasible = read_value<bool>(in);
  return outcome;
}

}  // namespace

/// plan() as it runs, and what it waits for: the outcome of `proposal`, or what `answer` writes
/// down on the loop's stack.
struct PlannedSearch::Run {
  explicit Run(std::function<void()> body) : coroutine(std::move(body), kStackBytes) {}

  void go_on() {
    proposal = nullptr;
    answer = nullptr;
    coroutine.resume();
  }
  bool waits() const { return proposal != nullptr || answer != nullptr; }

  Coroutine coroutine;
  const Proposal* proposal = nullptr;
  const std::function<void()>* answer = nullptr;
  Outcome outcome;  ///< of the last proposal
};

PlannedSearch::PlannedSearch(Environment& environment) : environment_(environment) {}
PlannedSearch::~PlannedSearch() = default;

Outcome PlannedSearch::Trial::measure(const Proposal& proposal) {
  Run& run = *owner_.run_;
  run.proposal = &proposal;
  run.coroutine.suspend();
  return run.outcome;
}

void PlannedSearch::Trial::ask(const std::function<void()>& answer) {
  // By the loop, too: simulators have coroutines of their own and stay on the main stack.
  owner_.run_->answer = &answer;
  owner_.run_->coroutine.suspend();
}

double PlannedSearch::Trial::cost(const Actions& actions) {
  double cost = 0.0;
  ask([&] { cost = owner_.environment_.cost_ratio(owner_.space().policy(actions)); });
  return cost;
}

double PlannedSearch::Trial::reference_accuracy_pct() {
  double accuracy_pct = 0.0;
  ask([&] { accuracy_pct = owner_.environment_.reference_accuracy_pct(); });
  return accuracy_pct;
}

Sensitivities PlannedSearch::Trial::gradient_sensitivities(quant::GradientLoss loss) {
  Sensitivities sensitivities;
  ask([&] { sensitivities = agent::gradient_sensitivities(owner_.environment_, loss); });
  return sensitivities;
}

CostLimit PlannedSearch::Trial::limit() {
  CostLimit limit;
  limit.threshold = owner_.reward().threshold;
  limit.cost = [this](const Actions& actions) { return cost(actions); };
  limit.cheapest = [this](const Actions& taken) {
    Actions cheapest;
    ask([&] { cheapest = owner_.environment_.cheapest(taken); });
    return cheapest;
  };
  limit.monotone = [this] {
    bool monotone = true;
    ask([&] { monotone = owner_.environment_.monotone(); });
    return monotone;
  };
  return limit;
}

std::optional<Proposal> PlannedSearch::propose() {
  if (!run_) {
    run_ = std::make_unique<Run>([this] {
      Trial trial(*this);
      plan(trial);
    });
    run_->go_on();
  }
  while (run_->waits()) {
    if (run_->proposal != nullptr) return *run_->proposal;
    (*run_->answer)();
    run_->go_on();
  }
  return std::nullopt;
}

std::string PlannedSearch::observe(const Proposal&, const Outcome& outcome) {
  outcomes_.push_back(outcome);
  run_->outcome = outcome;
  run_->go_on();
  return {};
}

void PlannedSearch::save(std::ostream& out) const {
  write_value(out, static_cast<std::uint64_t>(outcomes_.size()));
  for (const Outcome& outcome : outcomes_) write_outcome(out, outcome);
}

void PlannedSearch::load(std::istream& in) {
  std::vector<Outcome> told(read_count(in));
  for (Outcome& outcome : told) outcome = read_outcome(in);
  run_.reset();
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
