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
      : State(std::move(function), stack, next_offset()) {}
  State(std::function<void()> function, const boost::context::stack_context& stack,
        std::size_t offset)
      : body(std::move(function)),
        switches(static_cast<char*>(stack.sp) - stack.size, stack.size),
        other(std::allocator_arg,
              boost::context::preallocated(static_cast<char*>(stack.sp) - offset,
                                           stack.size - offset, stack),
              Stacks(), [this](boost::context::fiber&& left) { return run(std::move(left)); }) {}

  /// Stacks begin where pages do: if all were used from there on, they would share few lines of a
  /// cache.
  static std::size_t next_offset() {
    constexpr std::size_t kPage = 4096, kStep = 832;  // whole lines, and no divisor of a page
    static thread_local std::size_t offset = 0;
    return offset = (offset + kStep) % kPage;
  }

  boost::context::fiber run(boost::context::fiber&& left) {
    switches.arrive_on_own();
    if (abandoned) {
      switches.end_own();
      return std::move(left);
    }
    begun = true;
    arrive(std::move(left));
    try {
      body();
    } catch (const boost::context::detail::forced_unwind&) {
      switches.end_own();
      throw;
    } catch (...) {
      error = std::current_exception();
    }
    switches.end_own();
    leaving_ = this;
    return std::move(other);
  }

  /// From the own stack, until somebody comes back.
  void leave_for(boost::context::fiber&& side) {
    leaving_ = this;
    try {
      boost::context::fiber left = std::move(side).resume();
      switches.arrive_on_own();
      arrive(std::move(left));
    } catch (const boost::context::detail::forced_unwind&) {
      switches.arrive_on_own();
      throw;
    }
  }

  /// On the own stack, `left` being the side that was left.
  void arrive(boost::context::fiber&& left) {
    State* const from = std::exchange(leaving_, nullptr);
    (from ? from->other : other) = std::move(left);
  }

  /// Who leaves its stack, for whoever is arrived at; null: nobody but who calls resume().
  static inline thread_local State* leaving_ = nullptr;

  const std::function<void()> body;
  bool begun = false;
  bool abandoned = false;  ///< not to begin any more
  std::exception_ptr error;
  StackSwitches switches;
  /// The own side while it does not run, else that of whoever resumed it, or one that it was
  /// resumed instead of; none when the body has ended.
  boost::context::fiber other;
};

Coroutine::Coroutine(std::function<void()> body, std::size_t stack_bytes)
    : state_(std::make_unique<State>(std::move(body),
                                     State::Stacks(kStackFactor * stack_bytes).allocate())) {}

Coroutine::~Coroutine() {
  if (!state_->other) return;
  state_->switches.leave_main();
  if (state_->begun) {
    state_->other = {};  // unwinds it, over there
  } else {
    // Unwinding would not pass run(), which says whose stack it is.
    state_->abandoned = true;
    state_->other = std::move(state_->other).resume();
  }
  state_->switches.arrive_on_main();
}

void Coroutine::resume() {
  if (!state_->other) return;
  state_->switches.leave_main();
  boost::context::fiber left = std::move(state_->other).resume();
  state_->switches.arrive_on_main();
  State* const from = std::exchange(State::leaving_, nullptr);
  from->other = std::move(left);
  if (from->error) std::rethrow_exception(std::exchange(from->error, nullptr));
}

void Coroutine::suspend() {
  state_->switches.leave_own();
  state_->leave_for(std::move(state_->other));
}

void Coroutine::resume_instead(Coroutine& other) {
  State& next = *other.state_;
  state_->switches.leave_own_for(next.switches);
  boost::context::fiber own = std::exchange(next.other, std::move(state_->other));
  state_->leave_for(std::move(own));
}

}  // namespace kirchhoff
