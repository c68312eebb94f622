#include "cli/commands/shared_folder.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "base/error.h"
#include "base/provenance.h"
#include "base/refusal.h"
#include "base/stop_request.h"
#include "base/version.h"

namespace kirchhoff::cli {
namespace {

constexpr const char* kCommon = "request";  ///< the claim on files that all have in common
constexpr const char* kOutcome = "outcome";

/// The command line that all shards have in common.
std::vector<std::string> without_shard(const std::vector<std::string>& arguments) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--shard") {
      ++i;
    } else if (arguments[i].compare(0, 8, "--shard=") != 0) {
      words.push_back(arguments[i]);
    }
  }
  return words;
}

bool has_result(const Job& job) {
  std::error_code error;
  return std::filesystem::exists(job.result, error);
}

}  // namespace

SharedFolder::SharedFolder(std::string folder, std::string what, std::optional<Shard> shard)
    : folder_(std::move(folder)), what_(std::move(what)), shard_(shard) {}

void SharedFolder::open() {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) throw RunError(fmt::format("{}: cannot create: {}", folder_, error.message()));
  lock_.take(folder_, what_, shared());
  claims_ = std::make_unique<Claims>(claims_path(), shared() ? shard_->name() : what_);
  if (shared()) {
    if (claims_->usable()) return;
    refuse_option("shard", fmt::format("{}/{}", shard_->index, shard_->count),
                  fmt::format("the file system of {} has no hard links", folder_));
  }
  // A file system whose locks do not reach other machines.
  for (const ClaimHolder& other : claims_->others()) {
    throw InputError(fmt::format("{}: another {} is running in this folder: {}, process {} on {}",
                                 folder_, what_, other.part, other.pid, other.host));
  }
}

void SharedFolder::change(const std::function<void()>& change) {
  if (!shared()) return change();
  const ClaimGuard guard(*claims_, kCommon);
  change();
}

void SharedFolder::record(const std::string& command, const std::vector<std::string>& arguments) {
  if (!shared()) return record_session(folder_, command, arguments);
  const std::vector<std::string> words = without_shard(arguments);
  change([&] {
    const std::vector<Session> sessions = recorded_sessions(folder_);
    const bool known = !sessions.empty() && sessions.back().version == full_version() &&
                       sessions.back().command == command_line(command, words);
    if (!known || claims_->others().empty()) record_session(folder_, command, words);
  });
}

void SharedFolder::run(const std::vector<Job>& jobs, const Launch& launch,
                       const JobCallbacks& callbacks) {
  const auto runner = launch(claims_->usable() ? claims_.get() : nullptr);
  std::vector<std::size_t> left = shard_order(shard_.value_or(Shard{}), jobs.size());
  // Again as long as there is something to do: what another one had may be free by then.
  for (bool again = true; again && !left.empty() && !stop_requested();) {
    again = false;
    std::vector<Job> todo;
    for (const std::size_t number : left) todo.push_back(jobs[number]);
    const std::vector<std::size_t> numbers = std::move(left);
    left.clear();
    JobCallbacks of_pass;
    of_pass.wanted = [&](std::size_t job) {
      if (shared() && has_result(todo[job])) {
        callbacks.elsewhere(numbers[job]);
        return false;
      }
      return callbacks.wanted(numbers[job]);
    };
    of_pass.finished = [&](std::size_t job, int status) {
      again = true;
      callbacks.finished(numbers[job], status);
    };
    of_pass.elsewhere = [&](std::size_t job) {
      if (has_result(todo[job])) {
        callbacks.elsewhere(numbers[job]);
      } else {
        left.push_back(numbers[job]);
      }
    };
    of_pass.waiting = [&](const std::vector<std::size_t>& running) {
      std::vector<std::size_t> of_all;
      for (const std::size_t job : running) of_all.push_back(numbers[job]);
      callbacks.waiting(of_all);
    };
    runner->run(todo, of_pass);
  }
}

bool SharedFolder::is_teller() {
  return !shared() || claims_->take(kOutcome) == Claims::Taken::kYes;
}

void SharedFolder::clear() { remove_claims(claims_path()); }

}  // namespace kirchhoff::cli
