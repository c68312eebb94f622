#include "traces/fst_conversion.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

namespace kirchhoff {
namespace {

constexpr const char* kProgram = "vcd2fst";

/// Without one, vcd2fst writes the time of day, and no two runs have the same bytes.
constexpr std::string_view kDate = "$date - $end\n";

/// What the program inherits: the dump as its input, our standard error, and nothing else.
class Spawn {
 public:
  explicit Spawn(int input) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    ::posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    // A group of its own: Ctrl-C is for us, who then end it.
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP);
  }
  ~Spawn() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;

  int operator()(std::vector<std::string> words, pid_t& child) const {
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    return ::posix_spawnp(&child, arguments.front(), &actions_, &attributes_, arguments.data(),
                          environ);
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

}  // namespace

FstConversion::FstConversion(std::string path) : path_(std::move(path)) {
  // A socket, because writing to it need not raise SIGPIPE.
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    throw RunError(fmt::format("{}: cannot make a pipe: {}", path_, std::strerror(errno)));
  input_ = ends[0];
  const int error = Spawn(ends[1])({kProgram, "-", folder_.file("trace.fst")}, program_);
  ::close(ends[1]);
  if (error != 0) {
    ::close(input_);
    throw RunError(fmt::format("{}: {}: {}; Debian's package gtkwave has it", path_, kProgram,
                               std::strerror(error)));
  }
  write(kDate);
}

FstConversion::~FstConversion() {
  if (program_ < 0) return;
  ::kill(program_, SIGKILL);
  wait();
}

int FstConversion::write(std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t written = ::send(input_, text.data(), text.size(), MSG_NOSIGNAL);
    if (written < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

int FstConversion::wait() noexcept {
  ::close(input_);
  int status = 0;
  while (::waitpid(program_, &status, 0) < 0 && errno == EINTR) {
  }
  program_ = -1;
  return status;
}

std::string FstConversion::finish() {
  const int status = wait();
  const std::string file = folder_.file("trace.fst");
  std::error_code error;
  if (WIFSIGNALED(status)) {
    throw RunError(fmt::format("{}: {} was ended by signal {}", path_, kProgram, WTERMSIG(status)));
  }
  if (WEXITSTATUS(status) != 0) {
    throw RunError(
        fmt::format("{}: {} failed with exit code {}", path_, kProgram, WEXITSTATUS(status)));
  }
  if (!std::filesystem::exists(file, error))
    throw RunError(fmt::format("{}: {} has written nothing", path_, kProgram));
  return file;
}

}  // namespace kirchhoff
