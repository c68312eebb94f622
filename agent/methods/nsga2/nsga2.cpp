#include "agent/methods/nsga2/nsga2.h"

#include <map>
#include <set>
#include <vector>

#include "agent/evolution/evolution.h"
#include "base/rng.h"

namespace kirchhoff::agent {
namespace {

// So many generations without a new policy end the search.
constexpr int kIdleGenerations = 100;

}  // namespace

void Nsga2::plan(Trial& trial) {
  const double reference = trial.reference_accuracy_pct();
  std::map<std::vector<int>, std::vector<double>> known;
  Evolution evolution;
  evolution.objectives = [&](const std::vector<int>& genes) {
    const auto found = known.find(genes);
    if (found != known.end()) return found->second;
    Actions actions;
    for (const int gene : genes) actions.push_back(gene);
    const Outcome outcome = trial.measure({actions, true, {}, 0});
    const std::vector<double> values = {reference - outcome.score->accuracy_pct, outcome.cost.cost};
    known.emplace(genes, values);
    return values;
  };
  evolution.expect = [&](const std::vector<std::vector<int>>& genomes) {
    std::set<std::vector<int>> seen;
    std::vector<Proposal> unknown;
    for (const std::vector<int>& genes : genomes) {
      if (known.count(genes) == 0 && seen.insert(genes).second)
        unknown.push_back({Actions(genes.begin(), genes.end()), true, {}, 0});
    }
    trial.expect(unknown);
  };
  std::size_t before = 0;
  int idle = -1;
  evolution.goes_on = [&] {
    idle = known.size() > before ? 0 : idle + 1;
    before = known.size();
    return idle < kIdleGenerations;
  };

  Rng rng(seed_);
  const auto seed = [&] { return static_cast<unsigned>(rng.index(UINT32_MAX)); };
  evolution.genes = space().slots().size();
  evolution.highest = kActions - 1;
  evolution.population = static_cast<std::size_t>(options_.population);
  evolution.crossover = options_.crossover;
  evolution.mutation =
      options_.mutation > 0.0 ? options_.mutation : 1.0 / static_cast<double>(evolution.genes);
  evolution.population_seed = seed();
  evolution.seed = seed();
  find_evolution()(evolution);
}

}  // namespace kirchhoff::agent
