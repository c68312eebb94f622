#include "base/job_runner.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <thread>

#include <sched.h>
#include <unistd.h>

#include "base/error.h"
#include "base/input_file.h"
#include "base/job_slots.h"
#include "base/stop_request.h"

namespace kirchhoff {
namespace {

constexpr std::size_t kMaxLogBytes = std::size_t{1} << 26;

}  // namespace

int usable_cores() {
  cpu_set_t cores;
  const int count = ::sched_getaffinity(0, sizeof cores, &cores) == 0
                        ? CPU_COUNT(&cores)
                        : static_cast<int>(std::thread::hardware_concurrency());
  return std::max(1, count);
}

LocalProcesses::LocalProcesses() : LocalProcesses(static_cast<std::size_t>(usable_cores())) {}

void LocalProcesses::run(const std::vector<Job>& jobs, const JobCallbacks& callbacks) {
  JobSlots slots(at_a_time_, claims_);
  std::size_t next = 0;
  const auto elsewhere = [&](std::size_t job) {
    if (callbacks.elsewhere) callbacks.elsewhere(job);
  };
  while (true) {
    const bool stopping = stop_requested();
    if (stopping) slots.stop();
    while (!stopping && slots.has_room() && next < jobs.size()) {
      const std::size_t job = next++;
      if (callbacks.wanted && !callbacks.wanted(job)) continue;
      if (!slots.start(job, jobs[job])) elsewhere(job);
    }
    for (const JobSlots::Ended& ended : slots.ended()) {
      if (ended.elsewhere) {
        elsewhere(ended.job);
      } else if (callbacks.finished) {
        callbacks.finished(ended.job, ended.status);
      }
      slots.settle(ended);
    }
    if (slots.is_empty() && (stopping || next == jobs.size())) return;
    if (callbacks.waiting) callbacks.waiting(slots.jobs());
    slots.wait();
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

namespace {

/// Calls `look` with every line of a log.
template <typename Look>
void each_line(const std::string& path, const Look& look) {
  std::string log;
  try {
    log = file_bytes(path, kMaxLogBytes);
  } catch (const InputError&) {
    return;  // a process that never began has no log
  }
  std::istringstream stream(log);
  for (std::string line; std::getline(stream, line);) look(line);
}

}  // namespace

std::string error_in_log(const std::string& path) {
  static const std::string kMark = "kirchhoff: error: ";
  std::string error;
  each_line(path, [&](const std::string& line) {
    if (line.compare(0, kMark.size(), kMark) == 0) error = line.substr(kMark.size());
  });
  return error;
}

std::string last_line_of_log(const std::string& path) {
  std::string last;
  each_line(path, [&](const std::string& line) {
    if (line.find_first_not_of(" \t\r") != std::string::npos) last = line;
  });
  return last;
}

}  // namespace kirchhoff
