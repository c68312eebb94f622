#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/environment.h"
#include "agent/search/checkpoint.h"
#include "agent/search/final_stage.h"

namespace kirchhoff::agent {

/// Accuracies on images that the search has not seen, in percent.
struct TestAccuracy {
  double answer_pct = 0.0;  ///< the policy that the search returns
  double best_pct = 0.0;    ///< the best of its episodes
  double w8a8_pct = 0.0;
  double float_pct = 0.0;
  std::int64_t images = 0;  ///< of the test set; 0 in runs that did not write it down
};

/// The outcome of a finished search. Nothing in it depends on how long anything took.
struct Summary {
  std::string network;
  std::string method;
  double threshold = 0.0;
  std::uint64_t seed = 0;
  std::int64_t episodes = 0;
  std::int64_t feasible_episodes = 0;     ///< cost within the threshold
  std::int64_t accuracy_evaluations = 0;  ///< of different policies, the W8A8 reference included
  std::int64_t simulator_calls = 0;       ///< for different policies, the floor included
  std::int64_t whole_evaluations = 0;     ///< accuracies on the whole split, in the final stage
  double floor_cost = 0.0;                ///< the lowest cost ratio that the search could choose
  double reference_accuracy_pct = 0.0;    ///< W8A8 on the search split
  std::optional<AbsoluteCost> reference_cost;  ///< of W8A8; empty when the model does not know
  std::optional<BestEpisode> best;             ///< empty when no policy was within the threshold
  std::optional<FinalChoice> final;            ///< empty without a final stage
  std::optional<TestAccuracy> test;

  /// The policy that the search returns. There is one exactly if there is a best one.
  const quant::Policy& answer() const { return final ? final->policy : best->policy; }
};

std::string summary_json(const Summary& summary);
/// Reads summary.json of a run with this network. InputError naming the file and the key when it is
/// broken or holds what no search writes: a count or ratio below zero, an accuracy beyond 100 %, a
/// best episode that was never tried.
Summary load_summary(const std::string& path, const quant::Network& network);

}  // namespace kirchhoff::agent
