#include "tests/bench/cluster_model.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace kirchhoff::bench {
namespace {

TEST(ClusterModel, WithoutAnyCostsNothingIsLost) {
  for (const std::int64_t ranks : {1, 7, 100}) {
    Cluster c;
    c.ranks = ranks;
    c.tasks = 12 * ranks;
    c.task_s = {0.25};
    c.at_once = 1;
    const ClusterTimes times = simulate(c);
    EXPECT_DOUBLE_EQ(times.makespan_s, 3.0);
    EXPECT_DOUBLE_EQ(times.efficiency, 1.0);
    EXPECT_EQ(times.messages, c.tasks);
  }
}

// Tasks come one after another from rank 0, or at the rate at which ranks ask for them, whichever
// is slower.
TEST(ClusterModel, TheRateIsThatOfTheSlowest) {
  for (const double message_s : {1e-5, 1e-3, 1e-2}) {
    Cluster c;
    c.ranks = 50;
    c.tasks = 50000;
    c.task_s = {0.1};
    c.at_once = 1;
    c.message_s = message_s;
    c.latency_s = 0.002;
    const double ranks_rate = static_cast<double>(c.ranks) / (0.1 + message_s + 2 * c.latency_s);
    const double rate = std::min(ranks_rate, 1 / message_s);
    const ClusterTimes times = simulate(c);
    EXPECT_NEAR(static_cast<double>(c.tasks) / times.makespan_s, rate, 0.01 * rate) << message_s;
  }
}

TEST(ClusterModel, AFolderThatTakesSoManyFilesASecondLimits) {
  for (const int servers : {1, 4}) {
    Cluster c;
    c.ranks = 1000;
    c.tasks = 100000;
    c.task_s = {0.1};
    c.at_once = 1;
    c.store_s = 0.001;
    c.store_servers = servers;
    const ClusterTimes times = simulate(c);
    EXPECT_NEAR(static_cast<double>(c.tasks) / times.makespan_s, servers / c.store_s,
                0.02 * servers / c.store_s);
    EXPECT_GT(times.store_busy, 0.98);
    c.file_per_task = false;
    c.at_once = 10;
    EXPECT_GT(simulate(c).efficiency, 1.5 * times.efficiency);
  }
}

TEST(ClusterModel, StartUpIsLostOnce) {
  Cluster c;
  c.ranks = 10;
  c.tasks = 1000;
  c.task_s = {0.01};
  c.start_s = 0.5;
  c.at_once = 1;
  EXPECT_NEAR(simulate(c).makespan_s, 1.5, 1e-9);
}

// However work is dealt out, all of it is done, and what ranks do and wait for is their time.
TEST(ClusterModel, AllTimeIsAccountedFor) {
  std::mt19937_64 engine(7);
  for (int round = 0; round < 50; ++round) {
    Cluster c;
    c.ranks = 1 + static_cast<std::int64_t>(engine() % 60);
    c.tasks = c.ranks + static_cast<std::int64_t>(engine() % 3000);
    c.task_s = {0.01, 0.02, 0.3};
    c.at_once = 1 + static_cast<std::int64_t>(engine() % 40);
    c.start_s = 0.1;
    c.latency_s = 1e-4;
    c.message_s = 1e-5 * static_cast<double>(engine() % 100);
    c.job_s = 1e-6;
    c.store_s = 1e-4 * static_cast<double>(engine() % 10);
    c.seed = engine();
    const ClusterTimes times = simulate(c);
    // The first question is on its way when the start is over.
    const double start = c.start_s / times.makespan_s;
    const double sum = times.efficiency + times.waited_share + times.idle_end_share + start;
    EXPECT_NEAR(sum, 1.0, 1e-3) << round;
    EXPECT_LE(times.messages, c.tasks);
    EXPECT_GE(times.messages * c.at_once, c.tasks);
  }
}

}  // namespace
}  // namespace kirchhoff::bench
