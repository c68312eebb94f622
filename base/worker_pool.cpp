#include "base/worker_pool.h"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <exception>

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/stop_request.h"

namespace kirchhoff {
namespace {

constexpr int kPollMs = 50;  // stops are seen so soon
constexpr char kDone = 'd', kFailed = 'f';

/// False at the end of the stream.
bool read_all(int socket, char* to, std::size_t count) {
  while (count > 0) {
    const ssize_t got = ::recv(socket, to, count, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got;
    count -= static_cast<std::size_t>(got);
  }
  return true;
}

bool write_all(int socket, const char* from, std::size_t count) {
  while (count > 0) {
    // The other side may be gone, which is no reason to die.
    const ssize_t sent = ::send(socket, from, count, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    from += sent;
    count -= static_cast<std::size_t>(sent);
  }
  return true;
}

bool write_message(int socket, const std::string& text) {
  const auto size = static_cast<std::uint64_t>(text.size());
  return write_all(socket, reinterpret_cast<const char*>(&size), sizeof size) &&
         write_all(socket, text.data(), text.size());
}

std::optional<std::string> read_message(int socket) {
  std::uint64_t size = 0;
  if (!read_all(socket, reinterpret_cast<char*>(&size), sizeof size)) return std::nullopt;
  std::string text(static_cast<std::size_t>(size), '\0');
  if (!read_all(socket, text.data(), text.size())) return std::nullopt;
  return text;
}

std::string answered(const Answer& answer, const std::string& question) {
  try {
    return kDone + answer(question);
  } catch (const std::exception& error) {
    return kFailed + std::string(error.what());
  }
}

/// The life of a copy.
[[noreturn]] void work(int socket, const std::function<void()>& begin, const Answer& answer) {
  // Ctrl-C reaches the whole group; the first process decides what becomes of it.
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGTERM, SIG_DFL);
  if (begin) begin();
  while (const std::optional<std::string> question = read_message(socket)) {
    if (!write_message(socket, answered(answer, *question))) break;
  }
  // Nothing is flushed or torn down twice.
  ::_exit(0);
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return fmt::format("by signal {}", WTERMSIG(status));
  return fmt::format("with status {}", WEXITSTATUS(status));
}

}  // namespace

WorkerPool::WorkerPool(std::size_t workers, const std::function<void()>& begin,
                       const Answer& answer)
    : workers_(workers) {
  try {
    for (Worker& worker : workers_) start(worker, begin, answer);
  } catch (...) {
    end();
    throw;
  }
}

WorkerPool::~WorkerPool() { end(); }

void WorkerPool::start(Worker& worker, const std::function<void()>& begin, const Answer& answer) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    throw RunError(fmt::format("cannot start a worker: {}", std::strerror(errno)));
  const pid_t parent = ::getpid();
  worker.process = ::fork();
  if (worker.process == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    ::close(ends[0]);
    // Those of the workers before it, which would not see this process close them.
    for (const Worker& other : workers_) {
      if (other.socket >= 0) ::close(other.socket);
    }
    work(ends[1], begin, answer);
  }
  const int error = errno;
  ::close(ends[1]);
  worker.socket = ends[0];
  if (worker.process < 0)
    throw RunError(fmt::format("cannot start a worker: {}", std::strerror(error)));
}

void WorkerPool::end() {
  for (Worker& worker : workers_) {
    if (worker.socket >= 0) ::close(worker.socket);
    if (worker.process <= 0) continue;
    ::kill(worker.process, SIGKILL);
    ::waitpid(worker.process, nullptr, 0);
  }
  workers_.clear();
}

std::vector<std::string> WorkerPool::ask(const std::vector<std::string>& questions) {
  std::vector<std::string> answers(questions.size());
  std::size_t next = 0, open = questions.size();
  const auto give = [&](Worker& worker) {
    if (next == questions.size()) return;
    worker.question = next;
    write_message(worker.socket, questions[next++]);  // a dead one is found when it is heard
  };
  const auto hear = [&](Worker& worker) {
    const std::optional<std::string> answer = read_message(worker.socket);
    if (!answer) {
      int status = 0;
      ::waitpid(worker.process, &status, 0);
      worker.process = -1;
      throw RunError(fmt::format("a worker ended {}", how_it_ended(status)));
    }
    if (answer->front() == kFailed) throw RunError(answer->substr(1));
    answers[*worker.question] = answer->substr(1);
    worker.question.reset();
    --open;
    give(worker);
  };
  try {
    for (Worker& worker : workers_) give(worker);
    std::vector<pollfd> sockets;
    for (const Worker& worker : workers_) sockets.push_back({worker.socket, POLLIN, 0});
    while (open > 0) {
      give_up_if_stopped();
      const int ready = ::poll(sockets.data(), sockets.size(), kPollMs);
      if (ready < 0 && errno != EINTR)
        throw RunError(fmt::format("cannot wait for a worker: {}", std::strerror(errno)));
      for (std::size_t w = 0; ready > 0 && w < sockets.size(); ++w) {
        if (sockets[w].revents != 0 && workers_[w].question) hear(workers_[w]);
      }
    }
  } catch (...) {
    end();
    throw;
  }
  return answers;
}

}  // namespace kirchhoff
