#include "agent/methods/nsga2/nsga2.h"

#include <cmath>
#include <functional>
#include <map>
#include <utility>

#include <pagmo/algorithms/nsga2.hpp>
#include <pagmo/population.hpp>
#include <pagmo/problem.hpp>

#include "base/rng.h"

namespace kirchhoff::agent {
namespace {

// So many generations without a new policy end the search.
constexpr int kIdleGenerations = 100;

/// The search as pagmo knows it: integers in, two objectives out. Copies share the measurements.
struct BitProblem {
  std::size_t slots = 1;
  const std::function<pagmo::vector_double(const Actions&)>* objectives = nullptr;

  pagmo::vector_double fitness(const pagmo::vector_double& genes) const {
    Actions actions;
    for (const double gene : genes) actions.push_back(static_cast<int>(std::lround(gene)));
    return (*objectives)(actions);
  }
  std::pair<pagmo::vector_double, pagmo::vector_double> get_bounds() const {
    return {pagmo::vector_double(slots, 0.0), pagmo::vector_double(slots, kActions - 1)};
  }
  pagmo::vector_double::size_type get_nobj() const { return 2; }
  pagmo::vector_double::size_type get_nix() const { return slots; }
};

}  // namespace

void Nsga2::plan(Trial& trial) {
  const double reference = trial.reference_accuracy_pct();
  std::map<Actions, pagmo::vector_double> known;
  const std::function<pagmo::vector_double(const Actions&)> objectives =
      [&](const Actions& actions) {
        const auto found = known.find(actions);
        if (found != known.end()) return found->second;
        const Outcome outcome = trial.measure({actions, true, {}, 0});
        const pagmo::vector_double values = {reference - outcome.score->accuracy_pct,
                                             outcome.cost.cost};
        known.emplace(actions, values);
        return values;
      };

  Rng rng(seed_);
  const auto seed = [&] { return static_cast<unsigned>(rng.index(UINT32_MAX)); };
  const std::size_t slots = space().slots().size();
  const double mutation =
      options_.mutation > 0.0 ? options_.mutation : 1.0 / static_cast<double>(slots);
  constexpr double kCrossoverIndex = 10.0, kMutationIndex = 50.0;  // pagmo's; for real genes only
  const unsigned population_seed = seed();
  const pagmo::nsga2 generation(1, options_.crossover, kCrossoverIndex, mutation, kMutationIndex,
                                seed());
  pagmo::population population(pagmo::problem(BitProblem{slots, &objectives}),
                               static_cast<pagmo::population::size_type>(options_.population),
                               population_seed);
  for (int idle = 0; idle < kIdleGenerations; ++idle) {
    const std::size_t before = known.size();
    population = generation.evolve(population);
    if (known.size() > before) idle = -1;
  }
}

}  // namespace kirchhoff::agent
