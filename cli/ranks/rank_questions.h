#pragma once

#include <string>
#include <vector>

#include "base/question_pool.h"
#include "cli/ranks/ranks.h"

namespace kirchhoff::cli {

/// Asks all ranks, this one, which must be rank 0, among them: it answers what is left when every
/// other rank has enough.
class RankQuestions final : public QuestionPool {
 public:
  RankQuestions(Ranks& ranks, Answer answer);
  std::vector<std::string> ask(const std::vector<std::string>& questions) override;

 private:
  class Pass;

  Ranks& ranks_;
  const Answer answer_;
};

/// What every other rank does: answers what rank 0 asks, until that has no more. What `answer`
/// throws is told rank 0.
void serve_questions(Ranks& ranks, const Answer& answer);

}  // namespace kirchhoff::cli
