#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace kirchhoff {

/// A function with a stack of its own, which it leaves in its middle and goes on with later. By
/// Boost.Context, as all coroutines of the program are: the kernel's own are no part of SystemC's
/// standard, and only private headers of libsystemc declare them.
class Coroutine {
 public:
  /// The body begins with the first resume(), on a stack of so many bytes (more where a sanitizer
  /// makes frames larger); pages that it does not touch take no memory.
  Coroutine(std::function<void()> body, std::size_t stack_bytes);
  /// Unwinds the stack of a body that has not ended.
  ~Coroutine();

  /// Goes on with the body until it suspends itself or ends; throws what the body throws. Does
  /// nothing after its end. Not from within a coroutine.
  void resume();
  /// From the body: back to whoever resumed it.
  void suspend();
  /// From the body: suspends itself and goes on with `other`, which is suspended and has not ended.
  /// Whoever resumed this one is gone back to when `other` suspends itself or ends; what `other` or
  /// one behind it throws is thrown there.
  void resume_instead(Coroutine& other);

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace kirchhoff
