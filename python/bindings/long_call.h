#pragma once

#include <utility>

#include <pybind11/pybind11.h>

namespace kirchhoff::python {

/// While it lives, Ctrl-C also asks the work of this process to stop (base/stop_request.h), where
/// this is the thread that Python takes signals in and Python has not been told to ignore it.
class StopOnInterrupt {
 public:
  StopOnInterrupt();
  ~StopOnInterrupt();
  StopOnInterrupt(const StopOnInterrupt&) = delete;
  StopOnInterrupt& operator=(const StopOnInterrupt&) = delete;

 private:
  bool installed_ = false;
};

/// Takes the request back if Ctrl-C made it, and throws what Python makes of that:
/// KeyboardInterrupt. With the GIL.
void raise_interrupt();

/// Does work that may take long without the GIL, and lets Ctrl-C stop it.
template <typename Work>
auto long_call(const Work& work) {
  const auto released = [&] {
    const StopOnInterrupt interrupt;
    const pybind11::gil_scoped_release release;
    return work();
  };
  try {
    auto result = released();
    raise_interrupt();
    return result;
  } catch (const pybind11::error_already_set&) {
    throw;
  } catch (...) {
    raise_interrupt();
    throw;
  }
}

}  // namespace kirchhoff::python
