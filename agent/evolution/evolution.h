#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace kirchhoff::agent {

/// A search for the front of two objectives over integers by NSGA-II (Deb et al., IEEE Transactions
/// on Evolutionary Computation 6(2), 2002), both the smaller the better.
struct Evolution {
  std::size_t genes = 1;
  int highest = 0;  ///< a gene lies in [0, highest]
  std::size_t population = 20;
  double crossover = 0.95, mutation = 0.1;  ///< probabilities: of two parents, of a gene
  unsigned population_seed = 0, seed = 0;
  /// The two objectives of a genome.
  std::function<std::vector<double>(const std::vector<int>& genes)> objectives;
  /// Told of every generation before objectives() is asked about it. May be empty.
  std::function<void(const std::vector<std::vector<int>>& genomes)> expect;
  /// Asked after every generation.
  std::function<bool()> goes_on;
};

/// Evolves generation after generation until goes_on() is false; what objectives() throws ends it.
using Evolve = void(const Evolution& evolution);
/// pagmo's. In the library kirchhoff::evolution and in the module kirchhoff_evolution.so, which a
/// program loads when it needs it: pagmo takes 20 MB.
Evolve evolve;

/// The module's only function: its name, and what it is.
inline constexpr const char* kEvolutionEntry = "kirchhoff_evolution";
using EvolutionEntry = Evolve*();

/// Where the search gets it from, asked when it is needed first. RunError without.
void set_evolution(const std::function<Evolve*()>& find);
Evolve* find_evolution();

}  // namespace kirchhoff::agent
