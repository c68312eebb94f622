#pragma once

#include <vector>

#include "report/groups.h"
#include "report/table.h"

namespace kirchhoff::report {

/// How a method stands beside the one that is shown for a threshold.
enum class Standing {
  kLevel,     ///< the difference is within the noise
  kBehind,    ///< loses more, beyond it
  kAhead,     ///< loses less on the test set, beyond it
  kUnknown,   ///< one seed of a method of chance: its noise cannot be told
  kNoPolicy,  ///< some of its searches found none within th
};

/// Another method's test loss less that of the shown one, in points.
struct Rival {
  const Group* group = nullptr;
  Standing standing = Standing::kUnknown;
  Mean more;           ///< over the seeds that both ran with
  double noise = 0.0;  ///< half the interval that holds the difference with 95 %
};

/// What the searches of a study say about one threshold.
struct Verdict {
  const Study* study = nullptr;
  double th = 0.0;
  /// The method that found a policy most often, then with the smallest mean loss on the validation
  /// split, then with the fewest accuracies; null when none found a policy.
  const Group* shown = nullptr;
  std::vector<Rival> rivals;  ///< the other methods, in their order
};

/// One per study and threshold with finished searches. The groups stay where they are.
std::vector<Verdict> verdicts(const std::vector<Group>& groups);

/// The same as a table. `task`: task_table() of the same studies.
Table verdict_table(const std::vector<Group>& groups, const Table& task);

}  // namespace kirchhoff::report
