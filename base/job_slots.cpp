#include "base/job_slots.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/claims.h"
#include "base/error.h"
#include "base/folder_lock.h"
#include "base/stop_request.h"

namespace kirchhoff {
namespace {

/// Short beside any job, so that slots are not empty for long.
constexpr auto kPollInterval = std::chrono::milliseconds(2);
constexpr int kPolls = 10;
constexpr char kProgram[] = "/proc/self/exe";

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (std::string& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

pid_t start_process(const Job& job) {
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
  constexpr int kMost = 5000;
  const std::string folder = std::filesystem::path(job.resumed_by).parent_path().string();
  for (int i = 0; i < kMost && FolderLock::is_taken(folder) && !stop_requested(); ++i)
    std::this_thread::sleep_for(kPollInterval);
}

}  // namespace

JobSlots::~JobSlots() {
  for (const auto& [process, running] : running_) ::kill(process, SIGKILL);
  for (const auto& [process, running] : running_) ::waitpid(process, nullptr, 0);
}

std::vector<std::size_t> JobSlots::jobs() const {
  std::vector<std::size_t> numbers;
  for (const auto& [process, running] : running_) numbers.push_back(running.number);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

bool JobSlots::take(const Job& job) {
  if (claims_ == nullptr) return true;
  if (claims_->take(job.name) != Claims::Taken::kYes) return false;
  if (has_result(job)) {
    claims_->end(job.name);
    return false;
  }
  if (!job.resumed_by.empty()) wait_until_free(job);
  return true;
}

bool JobSlots::start(std::size_t number, const Job& job) {
  if (!take(job)) return false;
  running_.emplace(start_process(job), Running{number, job});
  return true;
}

std::vector<JobSlots::Ended> JobSlots::ended() {
  std::vector<Ended> result;
  for (auto entry = running_.begin(); entry != running_.end();) {
    const Running& running = entry->second;
    const bool ours = claims_ == nullptr || claims_->keeps(running.job.name);
    if (!ours) ::kill(entry->first, SIGKILL);
    int status = 0;
    const pid_t process = ::waitpid(entry->first, &status, WNOHANG);
    if (process == 0 || (process < 0 && errno == EINTR)) {
      ++entry;
      continue;
    }
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    result.push_back({running.number, process < 0 ? 1 : code, !ours});
    unsettled_.emplace(running.number, running.job);
    entry = running_.erase(entry);
  }
  return result;
}

void JobSlots::settle(const Ended& ended) {
  const auto entry = unsettled_.find(ended.job);
  const Job job = std::move(entry->second);
  unsettled_.erase(entry);
  if (claims_ == nullptr) return;
  if (has_result(job) || stopping_ || ended.elsewhere) {
    claims_->end(job.name);
  } else {
    claims_->fail(job.name);
  }
}

void JobSlots::stop() {
  if (stopping_) return;
  stopping_ = true;
  // Not SIGINT, which a job in the background of a shell inherits as ignored.
  for (const auto& [process, running] : running_) ::kill(process, SIGTERM);
}

void JobSlots::wait() const {
  for (int poll = 0; poll < kPolls; ++poll) {
    std::this_thread::sleep_for(kPollInterval);
    for (const auto& [process, running] : running_) {
      siginfo_t ended = {};
      const auto id = static_cast<id_t>(process);
      if (::waitid(P_PID, id, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid != 0)
        return;
    }
  }
}

}  // namespace kirchhoff
