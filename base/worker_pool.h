#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace kirchhoff {

/// Copies of this process, as it is when the pool is made, that answer questions side by side. For
/// what one process can do only one at a time, and for what must not know of threads. If this
/// process dies, so do they.
class WorkerPool {
 public:
  /// What a copy does with a question; what it throws is thrown by ask(), as a RunError. `begin` is
  /// called in every copy first. No other thread of this process may be in the middle of anything.
  using Answer = std::function<std::string(const std::string& question)>;
  WorkerPool(std::size_t workers, const std::function<void()>& begin, const Answer& answer);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  std::size_t size() const { return workers_.size(); }
  /// The answers, in the order of the questions. RunError when a worker fails or ends; Stopped when
  /// a stop was asked for. The pool is of no use after either.
  std::vector<std::string> ask(const std::vector<std::string>& questions);

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
