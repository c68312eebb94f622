#include "cli/ranks/rank_questions.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <exception>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/stop_request.h"

namespace kirchhoff::cli {
namespace {

constexpr auto kPollInterval = std::chrono::milliseconds(1);
/// First characters of messages. Whatever begins otherwise says that there is no more to do.
constexpr char kQuestion = 'q', kDone = 'd', kFailed = 'f';
/// So many questions at most lie with a rank, so that it need not wait for this one, which may be
/// busy with an answer of its own.
constexpr std::size_t kAhead = 2;

}  // namespace

/// One call of ask().
class RankQuestions::Pass {
 public:
  Pass(RankQuestions& all, const std::vector<std::string>& questions)
      : all_(all), questions_(questions), answers_(questions.size()), open_(questions.size()) {
    for (int rank = 1; rank < all_.ranks_.size(); ++rank) asked_[rank] = {};
  }

  std::vector<std::string> run() {
    try {
      while (open_ > 0) {
        give_up_if_stopped();
        const bool heard = hear();
        hand_out();
        if (next_ < questions_.size()) {
          const std::size_t own = next_++;
          answers_[own] = all_.answer_(questions_[own]);
          --open_;
        } else if (!heard && open_ > 0) {
          std::this_thread::sleep_for(kPollInterval);
        }
      }
    } catch (...) {
      // A message that nobody takes would keep MPI from ending.
      while (is_waiting()) {
        if (!take()) std::this_thread::sleep_for(kPollInterval);
      }
      throw;
    }
    return std::move(answers_);
  }

 private:
  void hand_out() {
    const auto ranks = static_cast<std::size_t>(all_.ranks_.size());
    const std::size_t fair = (questions_.size() + ranks - 1) / ranks;
    for (std::size_t most = 1; most <= std::min(kAhead, fair); ++most) {
      for (auto& [rank, asked] : asked_) {
        if (asked.size() >= most || next_ == questions_.size()) continue;
        all_.ranks_.send(rank, kQuestion + questions_[next_]);
        asked.push_back(next_++);
      }
    }
  }

  /// Everything that has come.
  bool hear() {
    bool heard = false;
    while (const auto message = take()) {
      heard = true;
      const auto& [question, text] = *message;
      if (text.empty() || text.front() != kDone)
        throw RunError(fmt::format("rank {}: {}", from_, text.empty() ? "" : text.substr(1)));
      answers_[question] = text.substr(1);
      --open_;
    }
    return heard;
  }

  /// The next message, and what it answers: a rank does so in the order in which it was asked.
  std::optional<std::pair<std::size_t, std::string>> take() {
    std::string text;
    if (!all_.ranks_.receive(from_, text)) return std::nullopt;
    std::deque<std::size_t>& asked = asked_.at(from_);
    if (asked.empty()) return std::pair{std::size_t{0}, std::move(text)};
    const std::size_t question = asked.front();
    asked.pop_front();
    return std::pair{question, std::move(text)};
  }

  bool is_waiting() const {
    return std::any_of(asked_.begin(), asked_.end(),
                       [](const auto& rank) { return !rank.second.empty(); });
  }

  RankQuestions& all_;
  const std::vector<std::string>& questions_;
  std::vector<std::string> answers_;
  std::map<int, std::deque<std::size_t>> asked_;  ///< what a rank has not answered yet
  std::size_t open_, next_ = 0;
  int from_ = 0;
};

RankQuestions::RankQuestions(Ranks& ranks, Answer answer)
    : ranks_(ranks), answer_(std::move(answer)) {}

std::vector<std::string> RankQuestions::ask(const std::vector<std::string>& questions) {
  return Pass(*this, questions).run();
}

void serve_questions(Ranks& ranks, const Answer& answer) {
  while (true) {
    int from = 0;
    std::string message;
    if (!ranks.receive(from, message)) {
      std::this_thread::sleep_for(kPollInterval);
      continue;
    }
    if (message.empty() || message.front() != kQuestion) return;
    std::string text;
    try {
      text = kDone + answer(message.substr(1));
    } catch (const std::exception& error) {
      text = kFailed + std::string(error.what());
    }
    ranks.send(from, text);
  }
}

}  // namespace kirchhoff::cli
