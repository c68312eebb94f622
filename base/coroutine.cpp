#include "base/coroutine.h"

#include <cstddef>
#include <exception>
#include <utility>

#include <boost/context/fiber.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>

#include "base/sanitized_stacks.h"

namespace kirchhoff {

struct Coroutine::State {
  using Stacks = boost::context::protected_fixedsize_stack;

  State(std::function<void()> function, const boost::context::stack_context& stack)
      : body(std::move(function)),
        switches(static_cast<char*>(stack.sp) - stack.size, stack.size),
        other(std::allocator_arg, boost::context::preallocated(stack.sp, stack.size, stack),
              Stacks(), [this](boost::context::fiber&& main) { return run(std::move(main)); }) {}

  boost::context::fiber run(boost::context::fiber&& main) {
    switches.arrive_on_own();
    other = std::move(main);
    try {
      body();
    } catch (const boost::context::detail::forced_unwind&) {
      switches.end_own();
      throw;
    } catch (...) {
      error = std::current_exception();
    }
    switches.end_own();
    return std::move(other);
  }

  const std::function<void()> body;
  std::exception_ptr error;
  StackSwitches switches;
  boost::context::fiber other;  ///< the side that does not run; none when the body has ended
};

Coroutine::Coroutine(std::function<void()> body, std::size_t stack_bytes)
    : state_(std::make_unique<State>(std::move(body),
                                     State::Stacks(kStackFactor * stack_bytes).allocate())) {}

Coroutine::~Coroutine() {
  if (!state_->other) return;
  state_->switches.leave_main();
  state_->other = {};  // unwinds it, over there
  state_->switches.arrive_on_main();
}

void Coroutine::resume() {
  if (!state_->other) return;
  state_->switches.leave_main();
  state_->other = std::move(state_->other).resume();
  state_->switches.arrive_on_main();
  if (state_->error) std::rethrow_exception(std::exchange(state_->error, nullptr));
}

void Coroutine::suspend() {
  state_->switches.leave_own();
  try {
    state_->other = std::move(state_->other).resume();
  } catch (const boost::context::detail::forced_unwind&) {
    state_->switches.arrive_on_own();
    throw;
  }
  state_->switches.arrive_on_own();
}

}  // namespace kirchhoff
