#pragma once

#include <vector>

#include "report/groups.h"
#include "report/simulated.h"
#include "report/table.h"

namespace kirchhoff::report {

/// The policies whose layers a report shows: the best one of each group that has any.
struct BestPolicy {
  const Group* group = nullptr;
  SimulatedPolicy simulated;
};

/// What the preset of a chip in the paper's Table 8 makes of a study's network.
struct PresetFigures {
  const Study* study = nullptr;
  const char* preset = "";
  std::string policy;
  SimulatedPolicy simulated;
};

/// Test accuracy and costs per method and threshold, beside the paper's Table 5.
Table cost_table(const std::vector<Group>& groups);
/// What a search takes in steps, which every repetition takes again, beside the paper's Table 6.
Table effort_table(const std::vector<Group>& groups);
/// Seeds of every method, and the seconds that its searches took: the one table that is measured.
Table times_table(const std::vector<Group>& groups);
/// One policy before and after its bits were taken away (Table 7).
Table wall_table(const std::vector<Study>& studies);
/// Mean weight bits of the answers, and how many episodes lost bits to a wall (the paper's numbers
/// with its Figs. 9 and 11).
Table bits_table(const std::vector<Group>& groups);
/// Operations per energy, beside the paper's Table 8.
Table efficiency_table(const std::vector<BestPolicy>& best,
                       const std::vector<PresetFigures>& presets);
/// The answers that no other answer beats in both accuracy and cost, and what share of the plane
/// each method's answers dominate.
Table pareto_table(const std::vector<Study>& studies);
Table hypervolume_table(const std::vector<Study>& studies);
/// Accuracy lost against W8A8, per method and threshold.
Table loss_table(const std::vector<Group>& groups);
/// Two methods against each other, seed by seed.
Table duel_table(const std::vector<Group>& groups);
/// How far the score of a search's best episode is from what the answer is worth.
Table bias_table(const std::vector<Group>& groups);
/// What the policies near a threshold say about the task, and which methods suit that.
Table task_table(const std::vector<Study>& studies);

/// Operations of an inference, two per multiplication with its addition; 0 when the network cannot
/// be found.
double operations(const Study& study);

}  // namespace kirchhoff::report
