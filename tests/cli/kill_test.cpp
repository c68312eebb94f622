// Whatever is killed, and after whichever of its file events, goes on to the same bytes.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/inotify.h>

#include "tests/cli/refusal.h"

namespace kirchhoff::cli {
namespace {

namespace fs = std::filesystem;

/// Counts what happens to files below a folder, in folders that appear later as well.
class FileEvents {
 public:
  explicit FileEvents(const std::string& folder) : queue_(::inotify_init1(IN_CLOEXEC)) {
    watch(folder);
  }
  ~FileEvents() { ::close(queue_); }
  FileEvents(const FileEvents&) = delete;
  FileEvents& operator=(const FileEvents&) = delete;

  /// Waits a moment and returns the number so far.
  std::size_t count() {
    pollfd ready = {queue_, POLLIN, 0};
    if (::poll(&ready, 1, 20) <= 0) return count_;
    alignas(inotify_event) char buffer[8192];
    const ssize_t size = ::read(queue_, buffer, sizeof buffer);
    for (const char* at = buffer; at < buffer + size;) {
      const auto* const event = reinterpret_cast<const inotify_event*>(at);
      ++count_;
      if ((event->mask & IN_ISDIR) != 0 && (event->mask & IN_CREATE) != 0)
        watch(folders_[event->wd] + "/" + event->name);
      at += sizeof(inotify_event) + event->len;
    }
    return count_;
  }

 private:
  void watch(const std::string& folder) {
    const int number =
        ::inotify_add_watch(queue_, folder.c_str(), IN_CREATE | IN_MOVE | IN_DELETE | IN_MODIFY);
    if (number < 0) return;
    folders_[number] = folder;
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.is_directory()) watch(entry.path().string());
    }
  }

  int queue_;
  std::size_t count_ = 0;
  std::map<int, std::string> folders_;
};

/// Starts the program in `folder` and kills it after so many file events; true if it was alive.
bool killed(const Arguments& arguments, const ScratchDirectory& folder, std::size_t events) {
  FileEvents seen(folder.path());
  const pid_t child = ::fork();
  if (child == 0) {
    const int null = ::open("/dev/null", O_WRONLY);
    ::dup2(null, STDOUT_FILENO);
    ::dup2(null, STDERR_FILENO);
    if (::chdir(folder.path().c_str()) != 0) ::_exit(126);
    std::vector<char*> argv{const_cast<char*>(KIRCHHOFF_PROGRAM)};
    for (const auto& s : arguments) argv.push_back(const_cast<char*>(s.c_str()));
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  int status = 0;
  while (seen.count() < events && ::waitpid(child, &status, WNOHANG) == 0) {
  }
  ::kill(child, SIGKILL);
  return ::waitpid(child, &status, 0) == child && WIFSIGNALED(status);
}

/// The files below a folder, but those that tell of times, of sessions or of the machine's state.
std::map<std::string, std::string> result_in(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = fs::relative(entry.path(), folder).string();
    bool varies = !entry.is_regular_file() || name.compare(0, 4, "logs") == 0;
    for (const char* part : {"timing.json", "times.", "checkpoint", "sessions.json"})
      varies = varies || name.find(part) != std::string::npos;
    if (!varies) files[name] = contents_of(entry.path().string());
  }
  return files;
}

void expect_same_result(const std::string& whole, const std::string& cut) {
  const auto a = result_in(whole), b = result_in(cut);
  for (const auto& [name, contents] : a) {
    ASSERT_EQ(b.count(name), 1u) << name;
    EXPECT_EQ(b.at(name), contents) << name;
  }
  for (const auto& [name, contents] : b) EXPECT_EQ(a.count(name), 1u) << name << " was left behind";
}

Arguments quick_search(const std::string& command, const Arguments& more) {
  Arguments arguments = {command, "--th",
                         "0.9",   "--validation-images",
                         "100",   "--final.candidates",
                         "2",     "--final.slack_policies",
                         "2"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST(Killed, AComparisonGoesOnFromEveryPoint) {
  const Arguments compare = quick_search(
      "compare",
      {"--methods", "random", "--seeds", "1", "--budget", "8", "--jobs", "1", "--out", "out"});
  const ScratchDirectory whole, cut;
  ASSERT_EQ(run_program(compare, whole.path()).exit_code, 0);
  // Its folder, its request's temporary file and the request itself are the first events.
  for (const std::size_t events : {1u, 2u, 3u, 4u, 5u, 8u, 12u, 20u, 40u})
    killed(compare, cut, events);
  const Outcome outcome = run_program(compare, cut.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  expect_same_result(whole.file("out"), cut.file("out"));
}

TEST(Killed, AComparisonIsTakenUpBeforeItHasWrittenAnything) {
  const Arguments compare = quick_search(
      "compare", {"--methods", "random", "--seeds", "1", "--budget", "2", "--out", "out"});
  const ScratchDirectory folder;
  fs::create_directories(folder.file("out/runs"));
  fs::create_directories(folder.file("out/logs"));
  write_text(folder.file("out/compare.json.kirchhoff-a1B2c3"), "{");
  const Outcome outcome = run_program(compare, folder.path());
  EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_FALSE(fs::exists(folder.file("out/compare.json.kirchhoff-a1B2c3")));
  // Anything else is not ours to work in.
  fs::create_directories(folder.file("other/runs"));
  write_text(folder.file("other/runs/thesis.tex"), "");
  Arguments other = compare;
  other.back() = "other";
  EXPECT_EQ(run_program(other, folder.path()).exit_code, 2);
}

TEST(Killed, ASearchGoesOnFromEveryPoint) {
  const Arguments search =
      quick_search("search", {"--method", "random", "--episodes", "8", "--out", "out"});
  Arguments resumed = search;
  resumed.emplace_back("--resume");
  const ScratchDirectory whole, cut;
  ASSERT_EQ(run_program(search, whole.path()).exit_code, 0);
  const auto next = [&] { return fs::exists(cut.file("out/config.json")) ? resumed : search; };
  for (const std::size_t events : {1u, 2u, 3u, 4u, 6u, 9u, 14u, 20u, 30u})
    killed(next(), cut, events);
  const Outcome outcome = run_program(next(), cut.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  expect_same_result(whole.file("out"), cut.file("out"));
}

/// A network that trains in a second.
constexpr char kTiny[] = R"({"name": "tiny", "image": {"channels": 1, "height": 28, "width": 28},
  "layers": [{"name": "first", "kind": "fully_connected", "out_channels": 8},
             {"name": "last", "kind": "fully_connected", "out_channels": 10}]})";

class KilledTraining : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const ScratchDirectory* folder : {&whole_, &cut_})
      write_text(folder->file("tiny.json"), kTiny);
    ASSERT_EQ(run_program(train_, whole_.path()).exit_code, 0);
    model_ = contents_of(whole_.file("m.kmodel"));
  }

  const Arguments train_ = {"train", "--network", "tiny.json", "--epochs",
                            "2",     "--batch",   "1000",      "--checkpoint-steps",
                            "10",    "--out",     "m.kmodel"};
  const ScratchDirectory whole_, cut_;
  std::string model_;
};

TEST_F(KilledTraining, GoesOnFromEveryPoint) {
  const auto next = [&] {
    Arguments arguments = train_;
    if (fs::exists(cut_.file("m.kmodel.checkpoint"))) arguments.emplace_back("--resume");
    return arguments;
  };
  for (const std::size_t events : {1u, 2u, 3u, 5u, 8u, 12u}) killed(next(), cut_, events);
  const Outcome outcome = run_program(next(), cut_.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_EQ(contents_of(cut_.file("m.kmodel")), model_);
  EXPECT_EQ(cut_.names(), (Arguments{"m.kmodel", "tiny.json"}));
}

TEST_F(KilledTraining, BetweenItsModelAndItsCheckpointIsCleanedByTheNextStart) {
  // The checkpoint of the last epoch, as it lies there when the model is written.
  fs::create_directory(cut_.file("saved"));
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string line = "\"$0\" " + [&] {
      std::string words;
      for (const std::string& word : train_) words += word + " ";
      return words;
    }() + "> /dev/null 2>&1";
    ::_exit(run_shell(line, cut_.path()).exit_code);
  }
  const std::string checkpoint = cut_.file("m.kmodel.checkpoint"), saved = cut_.file("saved/last");
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    std::error_code ignored;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    // A link keeps the file when its name is given to the next one or removed.
    if (fs::equivalent(checkpoint, saved, ignored)) continue;
    fs::remove(saved + ".new", ignored);
    fs::create_hard_link(checkpoint, saved + ".new", ignored);
    fs::rename(saved + ".new", saved, ignored);
  }
  ASSERT_EQ(WEXITSTATUS(status), 0);
  ASSERT_EQ(contents_of(cut_.file("m.kmodel")), model_);
  fs::rename(saved, checkpoint);
  const Outcome outcome = run_program(train_, cut_.path());
  EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_EQ(contents_of(cut_.file("m.kmodel")), model_);
  EXPECT_FALSE(fs::exists(checkpoint));
}

TEST(Killed, WhatItLeftBesideAnOutputGoesWithTheNextStart) {
  const ScratchDirectory folder;
  write_text(folder.file("x.json.kirchhoff-a1B2c3"), "half");
  write_text(folder.file("x.json.tmp"), "mine");
  ASSERT_EQ(run_program({"map", "--json", "x.json"}, folder.path()).exit_code, 0);
  EXPECT_EQ(folder.names(), (Arguments{"x.json", "x.json.tmp"}));
  // Even where the run fails afterwards.
  write_text(folder.file("y.json.kirchhoff-a1B2c3"), "half");
  EXPECT_EQ(run_program({"map", "--policy", "W99A1", "--json", "y.json"}, folder.path()).exit_code,
            2);
  EXPECT_EQ(folder.names(), (Arguments{"x.json", "x.json.tmp"}));
}

}  // namespace
}  // namespace kirchhoff::cli
