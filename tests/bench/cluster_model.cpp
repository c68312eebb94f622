#include "tests/bench/cluster_model.h"

#include <algorithm>
#include <queue>
#include <random>
#include <utility>

namespace kirchhoff::bench {
namespace {

/// Takes one request after another, in the order in which they come.
class Server {
 public:
  /// When a request that comes at `time_s` is done.
  double serve(double time_s, double takes_s) {
    free_s_ = std::max(free_s_, time_s) + takes_s;
    busy_s_ += takes_s;
    return free_s_;
  }
  double free_s() const { return free_s_; }
  double busy_s() const { return busy_s_; }

 private:
  double free_s_ = 0, busy_s_ = 0;
};

/// What happens to a rank next.
struct Event {
  double time_s;
  std::int64_t rank;
  std::int64_t tasks;  ///< 0: asks rank 0 for work; more: stores what it has done
};
struct Later {
  bool operator()(const Event& a, const Event& b) const {
    return std::make_pair(a.time_s, a.rank) > std::make_pair(b.time_s, b.rank);
  }
};

class Simulation {
 public:
  explicit Simulation(const Cluster& cluster)
      : c_(cluster),
        chance_(cluster.seed),
        store_(static_cast<std::size_t>(cluster.store_servers)),
        last_s_(static_cast<std::size_t>(cluster.ranks)),
        left_(cluster.tasks) {}

  ClusterTimes run() {
    for (std::int64_t rank = 0; rank < c_.ranks; ++rank)
      events_.push({c_.start_s + c_.latency_s, rank, 0});
    while (!events_.empty()) {
      const Event event = events_.top();
      events_.pop();
      if (event.tasks == 0) {
        ask(event);
      } else {
        keep(event);
      }
    }
    return times();
  }

 private:
  void ask(const Event& event) {
    const std::int64_t most =
        std::clamp<std::int64_t>(left_ / (c_.shares * c_.ranks), 1, c_.at_once);
    const std::int64_t tasks = std::min(most, left_);
    if (tasks == 0) return;
    left_ -= tasks;
    ++messages_;
    const double sent_s =
        rank_zero_.serve(event.time_s, c_.message_s + c_.job_s * static_cast<double>(tasks));
    const double begins_s = sent_s + c_.latency_s;
    waited_s_ += begins_s - event.time_s + c_.latency_s;
    double work_s = 0;
    for (std::int64_t i = 0; i < tasks; ++i) work_s += c_.task_s[chance_() % c_.task_s.size()];
    work_s_ += work_s;
    events_.push({begins_s + work_s, event.rank, tasks});
  }

  void keep(const Event& event) {
    Server& store =
        *std::min_element(store_.begin(), store_.end(),
                          [](const auto& a, const auto& b) { return a.free_s() < b.free_s(); });
    const double files = c_.file_per_task ? static_cast<double>(event.tasks) : 1.0;
    const double kept_s = store.serve(event.time_s, files * c_.store_s);
    waited_s_ += kept_s - event.time_s;
    last_s_[static_cast<std::size_t>(event.rank)] = kept_s;
    events_.push({kept_s + c_.latency_s, event.rank, 0});
  }

  ClusterTimes times() const {
    ClusterTimes times;
    times.makespan_s = *std::max_element(last_s_.begin(), last_s_.end());
    const double all_s = times.makespan_s * static_cast<double>(c_.ranks);
    times.efficiency = work_s_ / all_s;
    times.hand_out_busy = rank_zero_.busy_s() / times.makespan_s;
    for (const Server& store : store_)
      times.store_busy += store.busy_s() / times.makespan_s / static_cast<double>(store_.size());
    times.waited_share = waited_s_ / all_s;
    for (const double last_s : last_s_) times.idle_end_share += (times.makespan_s - last_s) / all_s;
    times.messages = messages_;
    return times;
  }

  const Cluster c_;
  std::mt19937_64 chance_;
  Server rank_zero_;
  std::vector<Server> store_;
  std::priority_queue<Event, std::vector<Event>, Later> events_;
  std::vector<double> last_s_;
  std::int64_t left_, messages_ = 0;
  double work_s_ = 0, waited_s_ = 0;
};

}  // namespace

ClusterTimes simulate(const Cluster& cluster) { return Simulation(cluster).run(); }

}  // namespace kirchhoff::bench
