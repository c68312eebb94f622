#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "agent/search/search.h"
#include "cosim/workload.h"

namespace kirchhoff::cosim {

/// What a search is told. Names and meanings are those of the command line.
struct SearchSettings {
  WorkloadOptions workload;
  agent::SearchOptions search;
  std::size_t validation_images = 0;  ///< the first so many of the split; 0: all
  std::size_t race_images = 1000;  ///< policies that surely lose too much on these are given up; 0:
                                   ///< none is
  int threads = 0;                 ///< that measure accuracy; 0: one per core
  int workers = 1;                 ///< processes that measure a batch of policies side by side; 0:
                                   ///< one per core
  std::string device = "cpu";      ///< or "cuda"
  bool adc_exact = false;          ///< EvaluatorOptions::adc_exact
  /// With real cells: the chips whose accuracies count, by the seeds of their cells (empty:
  /// cells.seed alone), and what counts of them (cosim/chips_accuracy.h).
  std::string cell_seeds, cell_score = "mean";
  int tune_epochs = 0;          ///< of fine-tuning to every policy; 0: none
  std::size_t tune_images = 0;  ///< training images of such an epoch; 0: all
  std::string cost_table;       ///< file that costs are looked up in; empty: the chip's
};

/// Keys of the chip's configuration that weigh the cost as the limit asks for; none where any
/// weights will do. InputError where a key is `given` otherwise, or for codebooks and a limit that
/// they do not change.
std::vector<std::pair<std::string, std::string>> cost_weights_of(
    const SearchSettings& settings, const std::function<bool(const std::string& key)>& given);

/// Sets what goes by a key: "limit", "score", "episodes", "reward.scale", "final.candidates",
/// "ppo.discount" and all the others that config.json of a run tells of the search, but method, th
/// and seed. Then the method's preset fills in what was not given. InputError naming the key, the
/// value and what is allowed.
void set_search_options(agent::SearchOptions& search,
                        const std::map<std::string, std::string>& values);

}  // namespace kirchhoff::cosim
