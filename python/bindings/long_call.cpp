#include "python/bindings/long_call.h"

#include <csignal>

#include <sys/syscall.h>
#include <unistd.h>

#include "base/stop_request.h"

namespace kirchhoff::python {
namespace {

struct sigaction pythons = {};

extern "C" void on_interrupt(int signal) {
  request_stop(signal);
  // Python takes a note of it, and acts on that once it has its thread back.
  pythons.sa_handler(signal);
}

bool is_main_thread() { return ::syscall(SYS_gettid) == ::getpid(); }

}  // namespace

StopOnInterrupt::StopOnInterrupt() {
  if (!is_main_thread()) return;
  struct sigaction before = {};
  ::sigaction(SIGINT, nullptr, &before);
  const bool takes_more = (before.sa_flags & SA_SIGINFO) != 0;
  if (takes_more || before.sa_handler == SIG_IGN || before.sa_handler == SIG_DFL ||
      before.sa_handler == on_interrupt)
    return;
  pythons = before;
  struct sigaction ours = {};
  ours.sa_handler = on_interrupt;
  ours.sa_flags = SA_RESTART;
  sigemptyset(&ours.sa_mask);
  installed_ = ::sigaction(SIGINT, &ours, nullptr) == 0;
}

StopOnInterrupt::~StopOnInterrupt() {
  if (installed_) ::sigaction(SIGINT, &pythons, nullptr);
}

void raise_interrupt() {
  if (stop_requested() && stop_signal() == SIGINT) withdraw_stop();
  if (PyErr_CheckSignals() != 0) throw pybind11::error_already_set();
}

}  // namespace kirchhoff::python
