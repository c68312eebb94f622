#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/search/search.h"
#include "cosim/chip_adc.h"
#include "cosim/search_models.h"
#include "cosim/search_settings.h"
#include "cosim/workload.h"
#include "hw/config/config_loader.h"

namespace kirchhoff::cosim {

/// How the search talks to its caller; each may be empty. `test` is its own.
struct SearchRunCallbacks : agent::SearchCallbacks {
  /// While gradients are taken: `images` of `all`, from 0 on, and once all are done.
  std::function<void(std::size_t images, std::size_t all)> gradients;
  /// While the test set is measured: `measured` of `all` accuracies, from 0 on. The last is that in
  /// floating point.
  std::function<void(int measured, int all)> test_accuracies;
};

/// A search with everything that it needs: network, data, chip and run folder. What `kirchhoff
/// search` runs. It has the chip of its process.
class SearchRun {
 public:
  /// `chips`: those whose accuracies count, which settings.cell_seeds names; at least one, and
  /// alike but for their cells. `others`: see SearchModels. InputError when a setting, a file or
  /// the folder does not suit.
  SearchRun(const SearchSettings& settings, const hw::ConfigLoader& hardware,
            const std::vector<hw::ChipConfig>& chips, const std::string& folder, bool resume,
            OtherProcesses others = {});
  ~SearchRun();
  SearchRun(const SearchRun&) = delete;
  SearchRun& operator=(const SearchRun&) = delete;

  /// As agent::Search::run(); empty also when it was stopped in the middle of an episode.
  std::optional<agent::Summary> run(SearchRunCallbacks callbacks);

  Workload& workload();
  /// ADCs and cells of the chips.
  const std::vector<ChipAdc>& chips() const;
  /// Of the validation split that the search looks at.
  std::size_t images() const;
  const agent::SearchTiming& timing() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kirchhoff::cosim
