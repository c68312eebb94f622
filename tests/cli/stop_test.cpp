// One Ctrl-C or SIGTERM ends whatever the program does, by way of its own handler: with the exit
// code that docs/howto.md gives, and without a half-written file. Every command here would go on
// for minutes; the time limit of the test is what it may not reach.

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>
#include <sys/ioctl.h>

#include "tests/cli/program.h"

namespace kirchhoff::cli {
namespace {

namespace fs = std::filesystem;

/// A program that runs in a folder, with its messages in files beside it.
class Started {
 public:
  /// `output`: where its results go; -1: to a file.
  Started(const std::vector<std::string>& arguments, const std::string& folder, int output = -1) {
    int input[2];
    if (::pipe(input) != 0) return;
    input_ = input[1];
    child_ = ::fork();
    if (child_ == 0) {
      const auto redirect = [](const std::string& path, int descriptor) {
        const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (file < 0 || ::dup2(file, descriptor) < 0) ::_exit(126);
      };
      ::dup2(input[0], STDIN_FILENO);
      ::close(input[1]);
      if (output < 0) {
        redirect(capture_.file("output"), STDOUT_FILENO);
      } else {
        ::dup2(output, STDOUT_FILENO);
      }
      redirect(capture_.file("error"), STDERR_FILENO);
      if (::chdir(folder.c_str()) != 0) ::_exit(126);
      std::vector<char*> argv{const_cast<char*>(KIRCHHOFF_PROGRAM)};
      for (const std::string& argument : arguments)
        argv.push_back(const_cast<char*>(argument.c_str()));
      argv.push_back(nullptr);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
    ::close(input[0]);
  }
  ~Started() {
    ::close(input_);
    if (child_ > 0) {
      ::kill(child_, SIGKILL);
      ::waitpid(child_, nullptr, 0);
    }
  }
  Started(const Started&) = delete;
  Started& operator=(const Started&) = delete;

  /// Once the program handles `signal` and has then computed for `ticks` hundredths of a second, it
  /// gets that signal. Its exit code; 128 + the signal that ended it; -1 when it ended before.
  int stop(int signal, long ticks) {
    int status = 0;
    const auto ended = [&] { return ::waitpid(child_, &status, WNOHANG) != 0; };
    const auto pause = [] { std::this_thread::sleep_for(std::chrono::milliseconds(5)); };
    while (!handles(signal)) {
      if (ended()) return gone();
      pause();
    }
    for (const long begin = computed(); computed() < begin + ticks; pause())
      if (ended()) return gone();
    ::kill(child_, signal);
    ::waitpid(child_, &status, 0);
    gone();
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  std::string error() const { return contents_of(capture_.file("error")); }

 private:
  int gone() {
    child_ = -1;
    return -1;
  }
  std::string proc(const char* file) const {
    std::ifstream stream("/proc/" + std::to_string(child_) + "/" + file);
    std::stringstream text;
    text << stream.rdbuf();
    return text.str();
  }
  bool handles(int signal) const {
    const std::string status = proc("status");
    const std::size_t at = status.find("SigCgt:");
    if (at == std::string::npos) return false;
    return (std::stoull(status.substr(at + 7), nullptr, 16) >> (signal - 1) & 1) != 0;
  }
  /// Hundredths of a second of processor time.
  long computed() const {
    const std::string stat = proc("stat");
    std::istringstream fields(stat.substr(std::min(stat.size(), stat.rfind(')') + 2)));
    std::string skipped;
    for (int i = 0; i < 11; ++i) fields >> skipped;
    long user = 0, system = 0;
    fields >> user >> system;
    return user + system;
  }

  const ScratchDirectory capture_;
  pid_t child_ = -1;
  int input_ = -1;
};

struct Case {
  const char* name;
  std::vector<std::string> arguments;
  std::string leaves = "";  ///< what --resume goes on with
};

std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }

class StopTest : public ::testing::TestWithParam<Case> {};

TEST_P(StopTest, OneSignalEndsItWithoutAHalfWrittenFile) {
  // In the middle of the start, and later in the work.
  for (const auto& [signal, ticks] : {std::pair{SIGTERM, 2L}, {SIGINT, 40L}, {SIGTERM, 120L}}) {
    const ScratchDirectory folder;
    Started program(GetParam().arguments, folder.path());
    ASSERT_EQ(program.stop(signal, ticks), 128 + signal)
        << "signal " << signal << " after " << ticks << ": " << program.error();
    EXPECT_NE(program.error().find("kirchhoff: stopping"), std::string::npos) << program.error();
    EXPECT_EQ(program.error().find("error"), std::string::npos) << program.error();
    for (const auto& file : fs::directory_iterator(folder.path())) {
      if (file.path().filename() != GetParam().leaves)
        ADD_FAILURE() << "left behind: " << file.path();
    }
  }
}

/// Ten minutes and more.
const std::vector<std::string> kLongStream = {"simulate", "--timing-only", "--stream",
                                              "--images", "100000",        "--network",
                                              "vgg13",    "--json",        "r.json"};

std::vector<std::string> with(std::vector<std::string> words, std::vector<std::string> more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

INSTANTIATE_TEST_SUITE_P(
    Commands, StopTest,
    ::testing::Values(
        Case{"Stream", kLongStream},
        Case{"TracedStream", with(kLongStream, {"--events", "e.csv", "--probe", "host"})},
        Case{"BitStream", with(kLongStream, {"--fidelity", "bit"})},
        Case{"FunctionalImages",
             {"simulate", "--weights", "random", "--network", "vgg13", "--images", "1000",
              "--fidelity", "bit"}},
        Case{"Noc", {"noc", "--sweep", "--cycles", "200000000", "--json", "n.json"}},
        Case{
            "CostTable",
            {"cost-table", "--network", "vgg16", "--chip.schedule", "pipelined", "--out", "t.csv"}},
        Case{"Explain", {"explain", "--all", "--network", "vgg16", "--chip.schedule", "pipelined"}},
        Case{"Train", {"train", "--epochs", "1000", "--out", "m.kmodel"}, "m.kmodel.checkpoint"},
        Case{"Finetune",
             {"finetune", "--policy", "W3A3", "--epochs", "1000", "--out", "m.kmodel"},
             "m.kmodel.checkpoint"},
        Case{"Search", {"search", "--th", "0.8", "--episodes", "10000", "--out", "run"}, "run"}),
    [](const auto& one) { return std::string(one.param.name); });

/// Nobody reads what it prints, and a write that waits is taken up again behind the signal.
TEST(StopWhileWaiting, OneSignalEndsItAfterAWhile) {
  const ScratchDirectory folder;
  int output[2];
  ASSERT_EQ(::pipe(output), 0);
  Started program({"simulate", "--timing-only", "--network", "vgg13", "--json", "-"}, folder.path(),
                  output[1]);
  ::close(output[1]);
  const int full = ::fcntl(output[0], F_GETPIPE_SZ);
  for (int written = 0; written < full / 2; ::ioctl(output[0], FIONREAD, &written))
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(program.stop(SIGTERM, 0), 143) << program.error();
  ::close(output[0]);
}

/// Nothing has been asked yet.
TEST(ServeCommand, OneSignalEndsItWhileItWaits) {
  for (const int signal : {SIGTERM, SIGINT}) {
    const ScratchDirectory folder;
    Started program({"serve", "--stdio"}, folder.path());
    EXPECT_EQ(program.stop(signal, 0), 0) << program.error();
  }
}

}  // namespace
}  // namespace kirchhoff::cli
