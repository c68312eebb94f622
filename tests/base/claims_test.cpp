#include "base/claims.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/build_id.h"
#include "base/error.h"
#include "base/version.h"
#include "tests/base/scratch_directory.h"

namespace kirchhoff {
namespace {

namespace fs = std::filesystem;
using Taken = Claims::Taken;

/// What a worker on another machine has left in the folder: its file, by which it holds `name`.
/// `silent_s`: it was last heard of so long ago.
void leave_claim(const std::string& folder, const std::string& name, double silent_s,
                 const std::string& version = full_version()) {
  fs::create_directories(folder);
  const std::string file = folder + "/worker-elsewhere-7-00000000";
  const nlohmann::json holder = {
      {"host", "elsewhere"}, {"pid", 7},    {"part", "shard 2/3"}, {"kirchhoff", version},
      {"build", build_id()}, {"boot", "b"}, {"pids", "pid:[1]"},   {"started", 1}};
  std::ofstream(file) << holder.dump();
  if (!name.empty()) fs::create_hard_link(file, folder + "/" + name + "@1");
  fs::last_write_time(file, fs::file_time_type::clock::now() -
                                std::chrono::milliseconds(static_cast<int>(1e3 * silent_s)));
}

TEST(Claims, APieceOfWorkHasOneHolder) {
  const ScratchDirectory folder;
  Claims a(folder.file("c"), "shard 1/2"), b(folder.file("c"), "shard 2/2");
  ASSERT_TRUE(a.usable());
  EXPECT_EQ(a.take("x"), Taken::kYes);
  EXPECT_EQ(b.take("x"), Taken::kHeld);
  EXPECT_EQ(b.take("y"), Taken::kYes);
  EXPECT_EQ(a.take("y"), Taken::kHeld);
  a.end("x");
  EXPECT_EQ(b.take("x"), Taken::kYes) << "who has ended it holds it no more";
  EXPECT_EQ(a.take("x"), Taken::kHeld);
  EXPECT_TRUE(b.keeps("x"));
}

TEST(Claims, WhatOneLeavesWithItsEndAnotherTakes) {
  const ScratchDirectory folder;
  Claims a(folder.file("c"), "a");
  {
    Claims b(folder.file("c"), "b");
    EXPECT_EQ(b.take("x"), Taken::kYes);
    EXPECT_EQ(a.take("x"), Taken::kHeld);
  }
  EXPECT_EQ(a.take("x"), Taken::kYes);
}

TEST(Claims, WorkThatFailedIsTriedAgainByWhoComesLaterOnly) {
  const ScratchDirectory folder;
  Claims a(folder.file("c"), "a"), b(folder.file("c"), "b");
  ASSERT_EQ(a.take("x"), Taken::kYes);
  a.fail("x");
  EXPECT_EQ(b.take("x"), Taken::kFailed);
  EXPECT_EQ(a.take("x"), Taken::kFailed);
  EXPECT_EQ(see_claims(folder.file("c")).failed, std::set<std::string>{"x"});
  // As if it had failed a minute ago: before the next one comes.
  fs::last_write_time(folder.file("c/x@1.failed"),
                      fs::file_time_type::clock::now() - std::chrono::minutes(1));
  Claims later(folder.file("c"), "later");
  EXPECT_EQ(later.take("x"), Taken::kYes);
  later.end("x");
  EXPECT_TRUE(see_claims(folder.file("c")).failed.empty());
}

TEST(Claims, AHolderElsewhereIsAliveAsLongAsItIsHeardOf) {
  for (const double silent_s : {0.0, Claims::kStaleS - 30, Claims::kStaleS + 30}) {
    const ScratchDirectory folder;
    leave_claim(folder.file("c"), "x", silent_s);
    const bool alive = silent_s < Claims::kStaleS;
    const SeenClaims seen = see_claims(folder.file("c"));
    ASSERT_EQ(seen.held.size(), 1U);
    EXPECT_EQ(seen.held[0].name, "x");
    EXPECT_EQ(seen.held[0].holder.host, "elsewhere");
    EXPECT_EQ(seen.held[0].holder.part, "shard 2/3");
    EXPECT_EQ(seen.held[0].alive, alive);
    EXPECT_NEAR(seen.held[0].silent_s, silent_s, 20);
    Claims claims(folder.file("c"), "a");
    EXPECT_EQ(claims.others().size(), alive ? 1U : 0U);
    EXPECT_EQ(claims.take("x"), alive ? Taken::kHeld : Taken::kYes) << silent_s;
    EXPECT_EQ(fs::exists(folder.file("c/x@2")), !alive);
  }
}

TEST(Claims, WhatACrashOfItsMachineHasCutShortIsJudgedByItsTime) {
  for (const bool stale : {false, true}) {
    const ScratchDirectory folder;
    leave_claim(folder.file("c"), "x", 0);
    write_text(folder.file("c/worker-elsewhere-7-00000000"), "{\"host\": \"els");
    if (stale)
      fs::last_write_time(folder.file("c/x@1"),
                          fs::file_time_type::clock::now() - std::chrono::hours(1));
    Claims claims(folder.file("c"), "a");
    EXPECT_EQ(claims.take("x"), stale ? Taken::kYes : Taken::kHeld);
  }
}

TEST(Claims, ADeadHolderOnThisMachineIsKnownAtOnce) {
  const ScratchDirectory folder;
  const pid_t child = ::fork();
  if (child == 0) {
    Claims claims(folder.file("c"), "child");
    const bool taken = claims.take("x") == Taken::kYes;
    ::raise(SIGKILL);
    ::_exit(taken ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  Claims claims(folder.file("c"), "a");
  EXPECT_EQ(claims.take("x"), Taken::kYes);
}

TEST(Claims, AnotherProgramIsRefusedWhileItWorks) {
  const ScratchDirectory folder;
  leave_claim(folder.file("c"), "", 0, "0.0.9+abc");
  try {
    const Claims claims(folder.file("c"), "a");
    FAIL();
  } catch (const InputError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("kirchhoff 0.0.9+abc"), std::string::npos) << message;
    EXPECT_NE(message.find("of host elsewhere, process 7"), std::string::npos) << message;
    EXPECT_NE(message.find("all must be the same program"), std::string::npos) << message;
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.file("c")), fs::directory_iterator()), 1)
      << "it has left nothing";
  leave_claim(folder.file("c"), "", 3600, "0.0.9+abc");
  EXPECT_NO_THROW(Claims(folder.file("c"), "a"));
}

TEST(Claims, TheFolderMayGoWhenNoWorkIsLeft) {
  const ScratchDirectory folder;
  Claims a(folder.file("c"), "a");
  ASSERT_EQ(a.take("x"), Taken::kYes);
  a.end("x");
  EXPECT_TRUE(is_claims_folder(folder.file("c")));
  remove_claims(folder.file("c"));
  EXPECT_FALSE(fs::exists(folder.file("c")));
  // Who was there goes on with other work.
  EXPECT_EQ(a.take("y"), Taken::kYes);
  write_text(folder.file("c/thesis.tex"), "");
  EXPECT_FALSE(is_claims_folder(folder.file("c")));
  remove_claims(folder.file("c"));
  EXPECT_TRUE(fs::exists(folder.file("c/thesis.tex")));
}

/// A line to a file that several processes write.
void note(const std::string& path, const std::string& line) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  [[maybe_unused]] const auto written = ::write(file, line.data(), line.size());
  ::close(file);
}

// Processes that come, die at any point and come again: work that is done has been done by one, and
// at no time have two had the same piece.
TEST(Claims, ManyProcessesThatDieShareAllWorkAndNeverHaveTheSame) {
  std::mt19937_64 engine(5);
  const ScratchDirectory folder;
  constexpr int kPieces = 40, kWorkers = 5;
  const auto piece = [](int number) { return fmt::format("piece-{}", number); };
  const auto work = [&](std::uint64_t seed) {
    std::mt19937_64 own(seed);
    Claims claims(folder.file("c"), "worker");
    std::vector<int> order(kPieces);
    for (int i = 0; i < kPieces; ++i) order[static_cast<std::size_t>(i)] = i;
    std::shuffle(order.begin(), order.end(), own);
    const std::uint64_t deadly = own() % 20;
    std::uint64_t step = 0;
    for (const int number : order) {
      const std::string name = piece(number);
      if (claims.take(name) != Taken::kYes) continue;
      if (!fs::exists(folder.file(name))) {
        // Locked as long as this process lives: two that had the piece would meet here.
        const int lock = ::open(folder.file(name + ".lock").c_str(), O_RDWR | O_CREAT, 0666);
        struct flock whole = {};
        whole.l_type = F_WRLCK;
        if (::fcntl(lock, F_SETLK, &whole) != 0) note(folder.file("clash"), name + "\n");
        if (step++ == deadly) ::raise(SIGKILL);
        note(folder.file("done"), name + "\n");
        write_text(folder.file(name), "");
        ::close(lock);
      }
      claims.end(name);
    }
  };
  const auto all_done = [&] {
    for (int i = 0; i < kPieces; ++i)
      if (!fs::exists(folder.file(piece(i)))) return false;
    return true;
  };
  int killed = 0;
  for (int round = 0; round < 100 && !all_done(); ++round) {
    std::vector<pid_t> children;
    for (int i = 0; i < kWorkers; ++i) {
      const std::uint64_t seed = engine();
      const pid_t child = ::fork();
      if (child == 0) {
        work(seed);
        ::_exit(0);
      }
      children.push_back(child);
    }
    for (const pid_t child : children) {
      int status = 0;
      ::waitpid(child, &status, 0);
      killed += WIFSIGNALED(status) ? 1 : 0;
    }
  }
  EXPECT_TRUE(all_done());
  EXPECT_GT(killed, 0);
  EXPECT_FALSE(fs::exists(folder.file("clash"))) << contents_of(folder.file("clash"));
  std::istringstream done(contents_of(folder.file("done")));
  std::vector<std::string> names;
  for (std::string name; std::getline(done, name);) names.push_back(name);
  EXPECT_EQ(names.size(), static_cast<std::size_t>(kPieces));
}

}  // namespace
}  // namespace kirchhoff
