#pragma once

#include <cstddef>
#include <vector>

#include "report/planned_run.h"
#include "report/study.h"

namespace kirchhoff::report {

/// A search's race: a policy that surely loses more than what is rewarded on the first images does
/// not see the others. Its accuracy in episodes.csv is W8A8's less that loss, its divergence that
/// of the first images.
struct Race {
  std::size_t first_images = 0;  ///< 0: none, every policy saw all images of the search
  double max_loss_points = 0.0;

  /// Only policies that lost so much were dropped. Which of them is not recorded: some just beyond
  /// have seen all images.
  bool may_have_dropped(double loss_points) const {
    return first_images > 0 && loss_points > max_loss_points;
  }
};

/// By the settings of a study; none, where they do not say.
Race race_of(const Study& study);

/// What a search measured in an episode.
struct SearchScore {
  std::size_t row = 0;  ///< of the study's episodes
  PlannedRun run;
  double cost_ratio = 0.0;
  double loss_points = 0.0;  ///< against W8A8 on the images that the search looked at
  bool dropped = false;      ///< it may be of the race's first images only
};

/// Of all episodes whose accuracy was measured, in their order.
std::vector<SearchScore> search_scores(const Study& study);

}  // namespace kirchhoff::report
