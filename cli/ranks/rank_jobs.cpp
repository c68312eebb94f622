#include "cli/ranks/rank_jobs.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/claims.h"
#include "base/error.h"
#include "base/job_slots.h"
#include "base/json_input.h"
#include "base/json_text.h"
#include "base/stop_request.h"

namespace kirchhoff::cli {
namespace {

using nlohmann::json;

constexpr auto kPollInterval = std::chrono::milliseconds(1);
constexpr auto kWaitingInterval = std::chrono::milliseconds(20);

/// How long a rank that has more to do keeps to itself what it has done.
constexpr auto kTellInterval = std::chrono::milliseconds(100);
/// A share of what is left, so that rank 0 is asked seldom at first, and single jobs at the end, so
/// that no rank has several while another one has none.
constexpr std::size_t kShares = 4, kMostAtOnce = 32;

/// With so many ranks the first one only hands out, so that none waits for it.
constexpr int kManyRanks = 32;

json json_of(std::size_t number, const Job& job) {
  return {{"job", number},    {"arguments", job.arguments}, {"log", job.log},
          {"name", job.name}, {"result", job.result},       {"resumed_by", job.resumed_by}};
}

Job job_in(const json& message) {
  Job job;
  message.at("arguments").get_to(job.arguments);
  message.at("log").get_to(job.log);
  message.at("name").get_to(job.name);
  message.at("result").get_to(job.result);
  message.at("resumed_by").get_to(job.resumed_by);
  return job;
}

}  // namespace

RankJobs::RankJobs(Ranks& ranks, std::size_t slots, Claims* claims, std::string claims_folder)
    : ranks_(ranks), slots_(slots), claims_(claims), claims_folder_(std::move(claims_folder)) {}

/// One call of run().
class RankJobs::Pass {
 public:
  Pass(RankJobs& all, const std::vector<Job>& jobs, const JobCallbacks& callbacks)
      : all_(all),
        jobs_(jobs),
        callbacks_(callbacks),
        own_(all.ranks_.size() < kManyRanks ? all.slots_ : 0, all.claims_) {
    for (int rank = 1; rank < all_.ranks_.size(); ++rank) given_[rank] = 0;
  }

  void run() {
    auto told = std::chrono::steady_clock::now();
    while (true) {
      if (stop_requested()) stop();
      bool busy = hear();
      busy = settle_own() || busy;
      busy = hand_out() || busy;
      const bool none_left = stop_requested() || next_ == jobs_.size();
      if (none_left && away_.empty() && own_.is_empty()) return;
      const auto now = std::chrono::steady_clock::now();
      if (callbacks_.waiting && now - told >= kWaitingInterval) {
        told = now;
        callbacks_.waiting(running());
      }
      if (!busy) std::this_thread::sleep_for(kPollInterval);
    }
  }

 private:
  /// Others may not have got the signal.
  void stop() {
    own_.stop();
    if (stopped_) return;
    stopped_ = true;
    for (const auto& [rank, given] : given_)
      if (given > 0) all_.ranks_.send(rank, json_line(json{{"stop", true}}));
  }

  void elsewhere(std::size_t job) {
    if (callbacks_.elsewhere) callbacks_.elsewhere(job);
  }

  std::vector<std::size_t> running() const {
    std::set<std::size_t> numbers(away_.begin(), away_.end());
    for (const std::size_t job : own_.jobs()) numbers.insert(job);
    return {numbers.begin(), numbers.end()};
  }

  /// What other ranks have come to.
  bool hear() {
    int from = 0;
    std::string text;
    bool heard = false;
    while (all_.ranks_.receive(from, text)) {
      heard = true;
      const json message = parse_json(text, fmt::format("rank {}", from));
      if (message.contains("error"))
        throw RunError(fmt::format("rank {}: {}", from, message["error"].get<std::string>()));
      for (const json& ended : message.at("ended")) settle(from, ended);
    }
    return heard;
  }

  void settle(int rank, const json& ended) {
    const auto job = ended.at("job").get<std::size_t>();
    away_.erase(job);
    --given_[rank];
    if (ended.at("elsewhere").get<bool>()) {
      elsewhere(job);
    } else if (callbacks_.finished) {
      callbacks_.finished(job, ended.at("status").get<int>());
    }
  }

  bool settle_own() {
    const std::vector<JobSlots::Ended> all = own_.ended();
    for (const JobSlots::Ended& ended : all) {
      if (ended.elsewhere) {
        elsewhere(ended.job);
      } else if (callbacks_.finished) {
        callbacks_.finished(ended.job, ended.status);
      }
      own_.settle(ended);
    }
    return !all.empty();
  }

  std::optional<std::size_t> next_wanted() {
    while (next_ < jobs_.size() && !stop_requested()) {
      const std::size_t job = next_++;
      if (!callbacks_.wanted || callbacks_.wanted(job)) return job;
    }
    return std::nullopt;
  }

  /// How many jobs a rank is to have now.
  std::size_t share() const {
    const auto ranks = static_cast<std::size_t>(all_.ranks_.size());
    const std::size_t left = jobs_.size() - next_;
    return std::clamp(left / (kShares * ranks), all_.slots_, kMostAtOnce * all_.slots_);
  }

  /// To the others first: their messages travel while this rank starts its own.
  bool hand_out() {
    bool handed = false;
    for (auto& [rank, given] : given_) {
      if (given >= all_.slots_ || next_ == jobs_.size()) continue;
      json some = json::array();
      for (const std::size_t most = share(); given < most; ++given) {
        const auto job = next_wanted();
        if (!job) break;
        some.push_back(json_of(*job, jobs_[*job]));
        away_.insert(*job);
      }
      if (some.empty()) break;
      const std::string claims = all_.claims_ != nullptr ? all_.claims_folder_ : "";
      all_.ranks_.send(rank, json_line(json{{"jobs", some}, {"claims", claims}}));
      handed = true;
    }
    while (own_.has_room()) {
      const auto job = next_wanted();
      if (!job) return handed;
      if (!own_.start(*job, jobs_[*job])) elsewhere(*job);
      handed = true;
    }
    return handed;
  }

  RankJobs& all_;
  const std::vector<Job>& jobs_;
  const JobCallbacks& callbacks_;
  JobSlots own_;
  std::map<int, std::size_t> given_;  ///< jobs that a rank has, by rank
  std::set<std::size_t> away_;        ///< those jobs
  std::size_t next_ = 0;
  bool stopped_ = false;
};

void RankJobs::run(const std::vector<Job>& jobs, const JobCallbacks& callbacks) {
  Pass(*this, jobs, callbacks).run();
}

namespace {

/// A rank that is not the first.
class WorkingRank {
 public:
  WorkingRank(Ranks& ranks, std::size_t slots) : ranks_(ranks), slots_(slots) {}

  void run() {
    while (!released_) {
      if (stop_requested() || stopped_) give_up();
      bool busy = hear();
      busy = settle() || busy;
      start();
      tell();
      if (!busy) std::this_thread::sleep_for(kPollInterval);
    }
  }

 private:
  bool hear() {
    int from = 0;
    std::string text;
    if (!ranks_.receive(from, text)) return false;
    const json message = parse_json(text, "rank 0");
    if (message.contains("end")) {
      released_ = true;
      return true;
    }
    if (message.contains("stop")) {
      stopped_ = true;
      return true;
    }
    open(message.at("claims").get<std::string>());
    for (const json& job : message.at("jobs"))
      waiting_.emplace_back(job.at("job").get<std::size_t>(), job_in(job));
    return true;
  }

  void open(const std::string& claims) {
    if (own_) return;
    if (!claims.empty())
      claims_ = std::make_unique<Claims>(claims, fmt::format("rank {}", ranks_.rank()));
    own_ = std::make_unique<JobSlots>(slots_, claims_.get());
  }

  void start() {
    while (!waiting_.empty() && own_->has_room()) {
      const auto [number, job] = std::move(waiting_.front());
      waiting_.pop_front();
      if (!own_->start(number, job)) add(number, 0, true);
    }
  }

  bool settle() {
    if (!own_) return false;
    const std::vector<JobSlots::Ended> all = own_->ended();
    for (const JobSlots::Ended& ended : all) {
      own_->settle(ended);
      add(ended.job, ended.status, ended.elsewhere);
    }
    return !all.empty();
  }

  void give_up() {
    if (!own_) return;
    own_->stop();
    for (const auto& [number, job] : waiting_) add(number, 0, true);
    waiting_.clear();
  }

  void add(std::size_t number, int status, bool elsewhere) {
    ended_.push_back({{"job", number}, {"status", status}, {"elsewhere", elsewhere}});
  }

  void tell() {
    const auto now = std::chrono::steady_clock::now();
    if (ended_.empty() || (!waiting_.empty() && now - told_ < kTellInterval)) return;
    ranks_.send(0, json_line(json{{"ended", ended_}}));
    ended_ = json::array();
    told_ = now;
  }

  Ranks& ranks_;
  const std::size_t slots_;
  std::unique_ptr<Claims> claims_;
  std::unique_ptr<JobSlots> own_;
  std::deque<std::pair<std::size_t, Job>> waiting_;
  json ended_ = json::array();  ///< what rank 0 has not been told yet
  std::chrono::steady_clock::time_point told_{};
  bool stopped_ = false, released_ = false;
};

}  // namespace

void serve_rank(Ranks& ranks, std::size_t slots) {
  try {
    WorkingRank(ranks, slots).run();
  } catch (const std::exception& error) {
    ranks.send(0, json_line(json{{"error", error.what()}}));
    int from = 0;
    // Rank 0 ends with that error, and releases all.
    for (std::string text; text.find("\"end\"") == std::string::npos;) {
      if (!ranks.receive(from, text)) std::this_thread::sleep_for(kPollInterval);
    }
  }
}

void release_ranks(Ranks& ranks) {
  for (int rank = 1; rank < ranks.size(); ++rank) ranks.send(rank, json_line(json{{"end", true}}));
}

}  // namespace kirchhoff::cli
