#include "base/job_runner.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/claims.h"
#include "base/error.h"
#include "base/folder_lock.h"
#include "base/input_file.h"
#include "base/stop_request.h"

namespace kirchhoff {
namespace {

constexpr auto kPollInterval = std::chrono::milliseconds(20);
constexpr std::size_t kMaxLogBytes = std::size_t{1} << 26;
constexpr char kProgram[] = "/proc/self/exe";

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (std::string& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

pid_t start(const Job& job) {
  const int log =
      ::open(job.log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
  if (log < 0) throw RunError(fmt::format("{}: cannot create: {}", job.log, std::strerror(errno)));
  const std::string program = job.program.empty() ? kProgram : job.program;
  std::vector<std::string> words{job.program.empty() ? "kirchhoff" : job.program};
  words.insert(words.end(), job.arguments.begin(), job.arguments.end());
  if (!job.resumed_by.empty() && std::filesystem::exists(job.resumed_by))
    words.emplace_back("--resume");
  const std::vector<char*> argv = pointers(words);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) {
    // Only async-signal-safe calls up to exec: this program may have threads.
    // A group of its own, so that Ctrl-C reaches it once, through us.
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    const int null = ::open("/dev/null", O_RDONLY);
    if (null < 0 || ::dup2(null, STDIN_FILENO) < 0 || ::dup2(log, STDOUT_FILENO) < 0 ||
        ::dup2(log, STDERR_FILENO) < 0) {
      ::_exit(126);
    }
    ::execv(program.c_str(), argv.data());
    ::_exit(127);
  }
  const int error = errno;
  ::close(log);
  if (child < 0) {
    throw RunError(fmt::format("cannot start another process: {}", std::strerror(error)));
  }
  return child;
}

bool has_result(const Job& job) {
  std::error_code error;
  return !job.result.empty() && std::filesystem::exists(job.result, error);
}

/// Who died a moment ago may have left a process that is still ending.
void wait_until_free(const Job& job) {
  constexpr int kMost = 500;
  const std::string folder = std::filesystem::path(job.resumed_by).parent_path().string();
  for (int i = 0; i < kMost && FolderLock::is_taken(folder) && !stop_requested(); ++i)
    std::this_thread::sleep_for(kPollInterval);
}

/// The processes that run; ends them when an error leaves run().
class Running {
 public:
  Running() = default;
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    signal(SIGKILL);
    for (const auto& [process, job] : jobs_) ::waitpid(process, nullptr, 0);
  }

  std::size_t size() const { return jobs_.size(); }
  void start(std::size_t job, const Job& description) {
    jobs_[kirchhoff::start(description)] = job;
  }
  void signal(int number) const {
    for (const auto& [process, job] : jobs_) ::kill(process, number);
  }
  /// Ends one without asking it.
  void kill(std::size_t number) const {
    for (const auto& [process, job] : jobs_) {
      if (job == number) ::kill(process, SIGKILL);
    }
  }
  std::vector<std::size_t> jobs() const {
    std::vector<std::size_t> numbers;
    for (const auto& [process, job] : jobs_) numbers.push_back(job);
    std::sort(numbers.begin(), numbers.end());
    return numbers;
  }
  /// Those that have ended since the last call, with their status.
  std::vector<std::pair<std::size_t, int>> ended() {
    std::vector<std::pair<std::size_t, int>> result;
    for (auto entry = jobs_.begin(); entry != jobs_.end();) {
      int status = 0;
      const pid_t process = ::waitpid(entry->first, &status, WNOHANG);
      if (process == 0 || (process < 0 && errno == EINTR)) {
        ++entry;
        continue;
      }
      const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      result.emplace_back(entry->second, process < 0 ? 1 : code);
      entry = jobs_.erase(entry);
    }
    return result;
  }

 private:
  std::map<pid_t, std::size_t> jobs_;
};

}  // namespace

int usable_cores() {
  cpu_set_t cores;
  const int count = ::sched_getaffinity(0, sizeof cores, &cores) == 0
                        ? CPU_COUNT(&cores)
                        : static_cast<int>(std::thread::hardware_concurrency());
  return std::max(1, count);
}

LocalProcesses::LocalProcesses() : LocalProcesses(static_cast<std::size_t>(usable_cores())) {}

bool LocalProcesses::take(const Job& job) const {
  if (claims_ == nullptr) return true;
  if (claims_->take(job.name) != Claims::Taken::kYes) return false;
  if (has_result(job)) {
    claims_->end(job.name);
    return false;
  }
  if (!job.resumed_by.empty()) wait_until_free(job);
  return true;
}

void LocalProcesses::run(const std::vector<Job>& jobs, const JobCallbacks& callbacks) {
  Running running;
  std::size_t next = 0;
  bool stopping = false;
  const auto elsewhere = [&](std::size_t job) {
    if (callbacks.elsewhere) callbacks.elsewhere(job);
  };
  const auto keeps = [&](std::size_t job) {
    return claims_ == nullptr || claims_->keeps(jobs[job].name);
  };
  while (true) {
    if (stop_requested() && !stopping) {
      stopping = true;
      // Not SIGINT, which a job in the background of a shell inherits as ignored.
      running.signal(SIGTERM);
    }
    while (!stopping && running.size() < at_a_time_ && next < jobs.size()) {
      const std::size_t job = next++;
      if (callbacks.wanted && !callbacks.wanted(job)) continue;
      if (take(jobs[job])) {
        running.start(job, jobs[job]);
      } else {
        elsewhere(job);
      }
    }
    for (const auto& [job, status] : running.ended()) {
      const bool ours = keeps(job);
      if (!ours) {
        elsewhere(job);
      } else if (callbacks.finished) {
        callbacks.finished(job, status);
      }
      if (claims_ == nullptr) continue;
      if (has_result(jobs[job]) || stopping || !ours) {
        claims_->end(jobs[job].name);
      } else {
        claims_->fail(jobs[job].name);
      }
    }
    if (running.size() == 0 && (stopping || next == jobs.size())) return;
    for (const std::size_t job : running.jobs()) {
      if (!keeps(job)) running.kill(job);
    }
    if (callbacks.waiting) callbacks.waiting(running.jobs());
    std::this_thread::sleep_for(kPollInterval);
  }
}

std::string find_program(const std::string& name) {
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "/usr/bin:/bin" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string program = (folder.empty() ? "." : folder) + "/" + name;
    if (std::filesystem::is_regular_file(program) && ::access(program.c_str(), X_OK) == 0) {
      return program;
    }
  }
  return "";
}

std::string error_in_log(const std::string& path) {
  static const std::string kMark = "kirchhoff: error: ";
  std::string log;
  try {
    log = file_bytes(path, kMaxLogBytes);
  } catch (const InputError&) {
    return "";  // a process that never began has no log
  }
  std::istringstream stream(log);
  std::string line, error;
  while (std::getline(stream, line)) {
    if (line.compare(0, kMark.size(), kMark) == 0) error = line.substr(kMark.size());
  }
  return error;
}

}  // namespace kirchhoff
