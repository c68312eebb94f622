#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/question_pool.h"

namespace kirchhoff {

/// Copies of this process, as it is when the pool is made, that answer questions side by side. For
/// what one process can do only one at a time, and for what must not know of threads. If this
/// process dies, so do they.
class WorkerPool final : public QuestionPool {
 public:
  /// What a copy throws at a question is thrown by ask(), as a RunError. `begin` is called in every
  /// copy first. No other thread of this process may be in the middle of anything.
  WorkerPool(std::size_t workers, const std::function<void()>& begin, const Answer& answer);
  ~WorkerPool() override;
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  std::size_t size() const { return workers_.size(); }
  std::vector<std::string> ask(const std::vector<std::string>& questions) override;

 private:
  struct Worker {
    pid_t process = -1;
    int socket = -1;
    std::optional<std::size_t> question;  ///< that it works on
  };
  void start(Worker& worker, const std::function<void()>& begin, const Answer& answer);
  void end();

  std::vector<Worker> workers_;
};

}  // namespace kirchhoff
