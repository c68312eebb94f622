#pragma once

#include <cstdint>
#include <vector>

namespace kirchhoff::bench {

/// What the launcher's hand-out of work costs and what the work takes, in seconds.
struct Cluster {
  std::int64_t ranks = 1;  ///< rank 0 hands out and works not itself
  std::int64_t tasks = 1;
  std::vector<double> task_s = {1};  ///< measured; each task takes one of them by chance
  double start_s = 0;                ///< until a rank can ask for its first task
  double latency_s = 0;              ///< of a message
  double message_s = 0;              ///< of rank 0, for a message of any size, and
  double job_s = 0;                  ///< for every task in it
  double store_s = 0;                ///< of the shared folder, for a file with a result
  int store_servers = 1;             ///< files that it takes at a time
  bool file_per_task = true;         ///< false: a file for all tasks of a message
  /// Tasks in a message: what is left / (shares * ranks), between 1 and at_once.
  std::int64_t shares = 4, at_once = 32;
  std::uint64_t seed = 1;
};

struct ClusterTimes {
  double makespan_s = 0;
  double efficiency = 0;                     ///< time of all tasks / (ranks * makespan)
  double hand_out_busy = 0, store_busy = 0;  ///< shares of the makespan
  double waited_share = 0;                   ///< of the ranks' time: for rank 0 and the folder
  double idle_end_share = 0;                 ///< of the ranks' time: after their last task
  std::int64_t messages = 0;
};

/// Plays it, event by event.
ClusterTimes simulate(const Cluster& cluster);

}  // namespace kirchhoff::bench
