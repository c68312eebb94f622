#pragma once

#include <string>
#include <vector>

#include "report/csv.h"
#include "report/tables.h"

namespace kirchhoff::report {

/// The numbers behind a figure of the paper.
struct FigureData {
  std::string name;  ///< of its file: "fig9"
  Csv csv;
};

/// Figs. 6, 7 and 8: what each episode yields, over the seeds.
FigureData episode_figure(const std::vector<Study>& studies);
/// Fig. 9: bits per layer of the best policies.
FigureData bits_figure(const std::vector<BestPolicy>& best);
/// Fig. 10: latency, energy and power per layer of the best policies.
FigureData layer_figure(const std::vector<BestPolicy>& best);
/// Of each run, the episodes that no other one beats in both accuracy and cost, by cost.
FigureData front_figure(const std::vector<Study>& studies);
/// Fig. 11: the cost of each chosen policy, and of the one that was tried after its decrements.
FigureData wall_figure(const std::vector<Study>& studies);

}  // namespace kirchhoff::report
