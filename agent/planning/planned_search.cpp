#include "agent/planning/planned_search.h"

#include <deque>
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
  explicit Run(const std::function<void(Run&)>& body)
      : coroutine([this, body] { body(*this); }, kStackBytes) {}

  void go_on() {
    proposal = nullptr;
    answer = nullptr;
    coroutine.resume();
  }
  bool waits() const { return proposal != nullptr || answer != nullptr; }

  Coroutine coroutine;
  std::deque<Proposal> expected;  ///< behind `proposal`
  const Proposal* proposal = nullptr;
  const std::function<void()>* answer = nullptr;
  Outcome outcome;  ///< of the last proposal
};

PlannedSearch::PlannedSearch(Environment& environment) : environment_(environment) {}
PlannedSearch::~PlannedSearch() = default;

Outcome PlannedSearch::Trial::measure(const Proposal& proposal) {
  auto& expected = run_.expected;
  if (!expected.empty() && expected.front().actions == proposal.actions) expected.pop_front();
  run_.proposal = &proposal;
  run_.coroutine.suspend();
  return run_.outcome;
}

void PlannedSearch::Trial::expect(const std::vector<Proposal>& proposals) {
  run_.expected.assign(proposals.begin(), proposals.end());
}

void PlannedSearch::Trial::ask(const std::function<void()>& answer) {
  // By the loop, too: simulators have coroutines of their own and stay on the main stack.
  run_.answer = &answer;
  run_.coroutine.suspend();
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

std::unique_ptr<PlannedSearch::Run> PlannedSearch::begin() {
  auto run = std::make_unique<Run>([this](Run& own) {
    Trial trial(*this, own);
    plan(trial);
  });
  run->go_on();
  return run;
}

bool PlannedSearch::waits_for_outcome(Run& run) {
  while (run.waits()) {
    if (run.proposal != nullptr) return true;
    (*run.answer)();
    run.go_on();
  }
  return false;
}

std::optional<Proposal> PlannedSearch::propose() {
  if (!run_) run_ = begin();
  if (!waits_for_outcome(*run_)) return std::nullopt;
  return *run_->proposal;
}

std::vector<Proposal> PlannedSearch::upcoming() {
  if (!heeds_outcomes()) return scouted();
  return {run_->expected.begin(), run_->expected.end()};
}

std::vector<Proposal> PlannedSearch::scouted() {
  constexpr std::size_t kAhead = 64;  // enough for all cores to have something to do
  if (!scout_) {
    scout_ = begin();
    scouted_ = 0;
  }
  std::vector<Proposal> proposals;
  const std::size_t proposed = outcomes_.size() + 1;
  while (proposals.size() < kAhead && waits_for_outcome(*scout_)) {
    if (++scouted_ > proposed) proposals.push_back(*scout_->proposal);
    scout_->go_on();
  }
  return proposals;
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
  scout_.reset();
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
