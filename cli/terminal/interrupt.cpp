#include "cli/terminal/interrupt.h"

#include <csignal>
#include <initializer_list>

#include <unistd.h>

#include "base/stop_request.h"

namespace kirchhoff::cli {
namespace {

// Whoever computes asks often, but nothing asks while it waits for somebody else: for a pipe that
// nobody writes to, a disk that does not answer.
constexpr unsigned kPatienceSeconds = 10;

int exit_code_of(int signal) { return 128 + signal; }

extern "C" void on_patience_over(int) { ::_exit(stopped_exit_code()); }

extern "C" void on_stop_signal(int signal) {
  // Only async-signal-safe calls here.
  if (stop_requested()) ::_exit(exit_code_of(signal));
  request_stop(signal);
  ::alarm(kPatienceSeconds);
  static const char message[] = "\nkirchhoff: stopping (again to stop at once)\n";
  const ssize_t ignored = ::write(STDERR_FILENO, message, sizeof message - 1);
  (void)ignored;
}

}  // namespace

int stopped_exit_code() { return exit_code_of(stop_signal()); }

void install_interrupt_handler() {
  struct sigaction action = {};
  action.sa_handler = on_stop_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM}) {
    // A signal that the parent chose to ignore (nohup, a background job) stays ignored.
    struct sigaction before = {};
    if (::sigaction(signal, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) continue;
    ::sigaction(signal, &action, nullptr);
  }
  action.sa_handler = on_patience_over;
  ::sigaction(SIGALRM, &action, nullptr);
}

}  // namespace kirchhoff::cli
