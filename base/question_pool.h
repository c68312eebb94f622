#pragma once

#include <functional>
#include <string>
#include <vector>

namespace kirchhoff {

/// What is done with a question.
using Answer = std::function<std::string(const std::string& question)>;

/// Other processes that answer questions side by side.
class QuestionPool {
 public:
  virtual ~QuestionPool() = default;
  /// The answers, in the order of the questions. RunError when one of the others fails or ends;
  /// Stopped when a stop was asked for. The pool is of no use after either.
  virtual std::vector<std::string> ask(const std::vector<std::string>& questions) = 0;
};

}  // namespace kirchhoff
