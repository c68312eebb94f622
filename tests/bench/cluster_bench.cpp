// Efficiency of a sweep on many ranks, by simulation of how its work is handed out, and what rank 0
// spends on a job, measured. tests/bench/cluster.sh measures the rest and draws it.
//
//   kirchhoff_cluster_bench handling
//   kirchhoff_cluster_bench simulate FILE [KEY=VALUE…]
//
// FILE has the seconds of tasks, one in a line.
#include <ctime>
#include <deque>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/ranks/rank_jobs.h"
#include "tests/bench/cluster_model.h"

namespace kirchhoff::bench {
namespace {

/// Ranks that are done at once with whatever they get.
class ReadyRanks final : public cli::Ranks {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1001; }
  void send(int to, const std::string& message) override { sent_.emplace_back(to, message); }
  bool receive(int& from, std::string& message) override {
    if (sent_.empty()) return false;
    const std::clock_t begin = std::clock();
    nlohmann::json ended = nlohmann::json::array();
    const auto asked = nlohmann::json::parse(sent_.front().second);
    for (const auto& job : asked["jobs"])
      ended.push_back({{"job", job["job"]}, {"status", 0}, {"elsewhere", false}});
    message = nlohmann::json{{"ended", ended}}.dump();
    from = sent_.front().first;
    sent_.pop_front();
    ++messages_;
    // That was the other rank's time.
    theirs_ += std::clock() - begin;
    return true;
  }
  std::int64_t messages() const { return messages_; }
  std::clock_t theirs() const { return theirs_; }

 private:
  std::deque<std::pair<int, std::string>> sent_;
  std::int64_t messages_ = 0;
  std::clock_t theirs_ = 0;
};

/// Processor time of rank 0 for a job of a sweep, without what MPI takes for the message.
void measure_handling() {
  constexpr std::size_t kJobs = 200000;
  Job job;
  job.arguments = {
      "simulate",        "--timing-only",       "--quiet",
      "--network=vgg13", "--policy=W6A4",       "--json=study/points/vgg13-0123456789abcdef.json",
      "--adc.bits=6",    "--crossbar.rows=128", "--crossbar.cols=128"};
  job.log = "study/logs/vgg13-0123456789abcdef.log";
  job.name = "vgg13-0123456789abcdef";
  job.result = "study/points/vgg13-0123456789abcdef.json";
  const std::vector<Job> jobs(kJobs, job);
  ReadyRanks ranks;
  std::size_t done = 0;
  JobCallbacks callbacks;
  callbacks.finished = [&](std::size_t, int) { ++done; };
  const std::clock_t begin = std::clock();
  cli::RankJobs(ranks, 1, nullptr, "").run(jobs, callbacks);
  const auto spent = static_cast<double>(std::clock() - begin - ranks.theirs());
  fmt::print("{} jobs in {} messages, {:.2f} us of rank 0 for each job\n", done, ranks.messages(),
             1e6 * spent / CLOCKS_PER_SEC / static_cast<double>(done));
}

int refuse(const std::string& text) {
  fmt::print(stderr, "{}\n", text);
  return 2;
}

int print_simulation(int argc, char** argv) {
  Cluster cluster;
  cluster.task_s.clear();
  std::ifstream tasks(argv[2]);
  for (double seconds = 0; tasks >> seconds;) cluster.task_s.push_back(seconds);
  if (cluster.task_s.empty()) return refuse(fmt::format("{}: no seconds", argv[2]));
  const std::map<std::string, std::function<void(double)>> keys = {
      {"ranks", [&](double v) { cluster.ranks = static_cast<std::int64_t>(v); }},
      {"tasks", [&](double v) { cluster.tasks = static_cast<std::int64_t>(v); }},
      {"start_s", [&](double v) { cluster.start_s = v; }},
      {"latency_s", [&](double v) { cluster.latency_s = v; }},
      {"message_s", [&](double v) { cluster.message_s = v; }},
      {"job_s", [&](double v) { cluster.job_s = v; }},
      {"store_s", [&](double v) { cluster.store_s = v; }},
      {"store_servers", [&](double v) { cluster.store_servers = static_cast<int>(v); }},
      {"file_per_task", [&](double v) { cluster.file_per_task = v != 0; }},
      {"at_once", [&](double v) { cluster.at_once = static_cast<std::int64_t>(v); }}};
  for (int i = 3; i < argc; ++i) {
    const std::string word = argv[i];
    const auto key = keys.find(word.substr(0, word.find('=')));
    if (key == keys.end() || word.find('=') == std::string::npos)
      return refuse(fmt::format("{}: unknown key", word));
    key->second(std::stod(word.substr(word.find('=') + 1)));
  }
  const ClusterTimes times = simulate(cluster);
  fmt::print("{} {} {:.3f} {:.4f} {:.4f} {:.4f} {:.4f} {:.4f} {}\n", cluster.ranks, cluster.tasks,
             times.makespan_s, times.efficiency, times.hand_out_busy, times.store_busy,
             times.waited_share, times.idle_end_share, times.messages);
  return 0;
}

}  // namespace
}  // namespace kirchhoff::bench

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "simulate" && argc > 2) return kirchhoff::bench::print_simulation(argc, argv);
  if (what != "handling")
    return kirchhoff::bench::refuse(
        "kirchhoff_cluster_bench handling | simulate FILE [KEY=VALUE…]");
  kirchhoff::bench::measure_handling();
  return 0;
}
