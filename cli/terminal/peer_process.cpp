#include "cli/terminal/peer_process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/stop_request.h"

namespace kirchhoff::cli {
namespace {

/// One pair of ends; ours is the first. RunError.
std::array<int, 2> connected_ends() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw RunError(fmt::format("cannot talk to another process: {}", std::strerror(errno)));
  return ends;
}

// Only async-signal-safe calls: this program may have threads.
[[noreturn]] void become(pid_t parent, int talk, int messages, char* const* argv) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  if (::dup2(talk, STDIN_FILENO) < 0 || ::dup2(talk, STDOUT_FILENO) < 0 ||
      ::dup2(messages, STDERR_FILENO) < 0) {
    ::_exit(126);
  }
  ::execv("/proc/self/exe", argv);
  ::_exit(127);
}

}  // namespace

PeerProcess::PeerProcess(std::vector<std::string> arguments, std::size_t most) {
  arguments.insert(arguments.begin(), "kirchhoff");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const std::array<int, 2> ends = connected_ends();
  messages_ = ::memfd_create("messages", MFD_CLOEXEC);
  const pid_t parent = ::getpid();
  child_ = messages_ < 0 ? -1 : ::fork();
  if (child_ == 0) become(parent, ends[1], messages_, argv.data());
  const int error = errno;
  ::close(ends[1]);
  talk_ = ends[0];
  answers_.emplace(talk_, most);
  if (child_ > 0) return;
  ::close(talk_);
  if (messages_ >= 0) ::close(messages_);
  throw RunError(fmt::format("cannot start another process: {}", std::strerror(error)));
}

PeerProcess::~PeerProcess() {
  ::close(talk_);
  ::close(messages_);
  ::kill(child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
}

std::string PeerProcess::ask(const std::string& line) {
  const std::string text = line + '\n';
  for (std::size_t sent = 0; sent < text.size();) {
    // One that has ended is no reason for a signal: the lack of an answer tells.
    const ssize_t more = ::send(talk_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (more < 0 && errno == EINTR) continue;
    if (more < 0) break;
    sent += static_cast<std::size_t>(more);
  }
  std::string answer;
  if (answers_->next(answer)) return answer;
  if (stop_requested()) throw Stopped("stopped before the work was done");
  throw InputError(last_words());
}

// "kirchhoff: error: adc.bits = 99: …" without what every error begins with.
std::string PeerProcess::last_words() const {
  std::string text(4096, '\0');
  const ssize_t got = ::pread(messages_, text.data(), text.size(), 0);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  const std::string lead = "error: ";
  const std::size_t begin = text.rfind(lead);
  if (begin == std::string::npos) return "the process for it has ended";
  text = text.substr(begin + lead.size());
  return text.substr(0, text.find('\n'));
}

}  // namespace kirchhoff::cli
