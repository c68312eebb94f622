#include <cmath>
#include <utility>

#include <pagmo/algorithms/nsga2.hpp>
#include <pagmo/population.hpp>
#include <pagmo/problem.hpp>

#include "agent/evolution/evolution.h"

namespace kirchhoff::agent {
namespace {

/// The search as pagmo knows it. Copies share what is measured.
struct Problem {
  const Evolution* evolution = nullptr;

  pagmo::vector_double fitness(const pagmo::vector_double& numbers) const {
    std::vector<int> genes;
    for (const double number : numbers) genes.push_back(static_cast<int>(std::lround(number)));
    return evolution->objectives(genes);
  }
  std::pair<pagmo::vector_double, pagmo::vector_double> get_bounds() const {
    return {pagmo::vector_double(genes(), 0.0),
            pagmo::vector_double(genes(), evolution == nullptr ? 0.0 : evolution->highest)};
  }
  pagmo::vector_double::size_type get_nobj() const { return 2; }
  pagmo::vector_double::size_type get_nix() const { return genes(); }
  std::size_t genes() const { return evolution == nullptr ? 1 : evolution->genes; }
};

constexpr double kCrossoverIndex = 10.0, kMutationIndex = 50.0;  // pagmo's; for real genes only

}  // namespace

void evolve(const Evolution& evolution) {
  const pagmo::nsga2 generation(1, evolution.crossover, kCrossoverIndex, evolution.mutation,
                                kMutationIndex, evolution.seed);
  pagmo::population population(pagmo::problem(Problem{&evolution}), evolution.population,
                               evolution.population_seed);
  while (evolution.goes_on()) population = generation.evolve(population);
}

}  // namespace kirchhoff::agent
