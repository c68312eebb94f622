#include <cmath>
#include <utility>

#include <pagmo/algorithms/nsga2.hpp>
#include <pagmo/bfe.hpp>
#include <pagmo/population.hpp>
#include <pagmo/problem.hpp>

#include "agent/evolution/evolution.h"

namespace kirchhoff::agent {
namespace {

/// The search as pagmo knows it. Copies share what is measured.
struct Problem {
  const Evolution* evolution = nullptr;

  pagmo::vector_double fitness(const pagmo::vector_double& numbers) const {
    return evolution->objectives(genes_of(numbers));
  }
  static std::vector<int> genes_of(const pagmo::vector_double& numbers) {
    std::vector<int> genes;
    for (const double number : numbers) genes.push_back(static_cast<int>(std::lround(number)));
    return genes;
  }
  std::pair<pagmo::vector_double, pagmo::vector_double> get_bounds() const {
    return {pagmo::vector_double(genes(), 0.0),
            pagmo::vector_double(genes(), evolution == nullptr ? 0.0 : evolution->highest)};
  }
  pagmo::vector_double::size_type get_nobj() const { return 2; }
  pagmo::vector_double::size_type get_nix() const { return genes(); }
  std::size_t genes() const { return evolution == nullptr ? 1 : evolution->genes; }
};

/// Asks about a whole generation, one genome after another, and says so first.
struct Generation {
  const Evolution* evolution = nullptr;

  pagmo::vector_double operator()(const pagmo::problem& problem,
                                  const pagmo::vector_double& numbers) const {
    const std::size_t genes = problem.get_nx();
    std::vector<pagmo::vector_double> genomes;
    std::vector<std::vector<int>> expected;
    for (std::size_t first = 0; first < numbers.size(); first += genes) {
      const auto begin = numbers.begin() + static_cast<std::ptrdiff_t>(first);
      genomes.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(genes));
      expected.push_back(Problem::genes_of(genomes.back()));
    }
    if (evolution->expect) evolution->expect(expected);
    pagmo::vector_double fitnesses;
    for (const pagmo::vector_double& genome : genomes) {
      const pagmo::vector_double its = problem.fitness(genome);
      fitnesses.insert(fitnesses.end(), its.begin(), its.end());
    }
    return fitnesses;
  }
};

constexpr double kCrossoverIndex = 10.0, kMutationIndex = 50.0;  // pagmo's; for real genes only

}  // namespace

void evolve(const Evolution& evolution) {
  const pagmo::bfe together(Generation{&evolution});
  pagmo::nsga2 generation(1, evolution.crossover, kCrossoverIndex, evolution.mutation,
                          kMutationIndex, evolution.seed);
  generation.set_bfe(together);
  pagmo::population population(pagmo::problem(Problem{&evolution}), together, evolution.population,
                               evolution.population_seed);
  while (evolution.goes_on()) population = generation.evolve(population);
}

}  // namespace kirchhoff::agent
