#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <vector>

#include <systemc>

#include "base/coroutine.h"

namespace kirchhoff::hw {

class Agenda;
class Thread;

/// Something that an agenda runs at a given time. One time at most is pending.
class Task {
 public:
  virtual ~Task();
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  /// Runs at `ps`, now or later. The earlier of two times counts.
  void at(std::uint64_t ps);
  /// Nothing is pending any more.
  void cancel();

 protected:
  explicit Task(Agenda& agenda, bool is_thread = false) : agenda_(agenda), is_thread_(is_thread) {}

  Agenda& agenda_;

 private:
  friend class Agenda;
  static constexpr std::size_t kNowhere = ~std::size_t{0}, kNear = kNowhere - 1;
  virtual void run() = 0;
  const bool is_thread_;
  std::uint64_t ps_ = 0;                        ///< pending
  std::size_t place_ = kNowhere;                ///< else near, or in the agenda's heap
  Task *before_ = nullptr, *behind_ = nullptr;  ///< in the same slot of the agenda's wheel
};

/// What an SC_METHOD with one timed event is in the kernel: a function that runs at a given time.
class TimedMethod final : public Task {
 public:
  TimedMethod(Agenda& agenda, std::function<void()> body) : Task(agenda), body_(std::move(body)) {}
  /// As at(), but the new time counts, be it earlier or later.
  void move_to(std::uint64_t ps) {
    cancel();
    at(ps);
  }

 private:
  void run() override { body_(); }
  std::function<void()> body_;
};

/// What an sc_event is in the kernel: threads wait for it, SC_THREADs, too. It holds nothing;
/// nobody wakes without being notified.
class Event final : public Task {
 public:
  explicit Event(Agenda& agenda) : Task(agenda) {}

  /// Wakes whoever waits when all that runs now has run: a notification in the next delta cycle.
  void notify();
  /// Neither a notification nor a time is pending any more.
  void cancel();
  void wait();

 private:
  friend class Agenda;
  void run() override;
  bool notified_ = false;
  Thread *first_ = nullptr, *last_ = nullptr;  ///< that wait
  std::unique_ptr<sc_core::sc_event> event_;   ///< for SC_THREADs
};

/// What an SC_THREAD is in the kernel: a function that may wait() for an event or a time.
class Thread final : public Task {
 public:
  Thread(Agenda& agenda, std::function<void()> body);
  /// The one that runs, or null.
  static Thread* current() { return current_; }

 private:
  friend class Agenda;
  friend class Event;
  friend void wait_until(std::uint64_t ps);
  void run() override;

  static inline Thread* current_ = nullptr;
  Coroutine coroutine_;
  Thread* next_ = nullptr;  ///< that waits for the same event
};

/// Waits in a thread of the agenda or of the kernel. `ps` must not lie in the past.
void wait_until(std::uint64_t ps);

/// A calendar of everything in a model that waits for a time or for each other, one process of the
/// kernel for all of it. It follows the kernel's rules: what is due at a time runs first, then, one
/// delta cycle after another, what that notified. A thread that waits looks itself for what comes
/// next, on its own stack, and goes on with the next thread at once.
///
/// The kernel needs a step of its own only where its other processes could see a difference: up to
/// the next time at which one of them has something to do the agenda may pass time by itself
/// (temporal decoupling), if whoever owns the model says so. It then hands its time back.
class Agenda final : public sc_core::sc_module {
 public:
  explicit Agenda(const sc_core::sc_module_name& name);
  ~Agenda() override;
  /// The one of the current kernel, shared by all modules; made when there is none.
  static std::shared_ptr<Agenda> of_kernel();

  /// How far it may run ahead of the kernel; at first not at all. Only where nothing that it runs
  /// notifies events of the kernel.
  void run_ahead(const sc_core::sc_time& ahead) { ahead_ = ahead.value(); }
  /// Pauses the simulation (sc_pause) when all that runs now has run. A stop that is overdue
  /// (base/stop_request.h) does so as well: sc_start returns, whoever called it asks why.
  void pause() { pausing_ = true; }

  /// The present time of the model in picoseconds: the agenda's while it runs, else the kernel's.
  static std::uint64_t now_ps() {
    return running_ ? running_->now_ : sc_core::sc_time_stamp().value();
  }

 private:
  friend class Task;
  friend class Event;
  friend class Thread;
  friend void wait_until(std::uint64_t ps);
  /// Of a task whose time is far.
  struct Entry {
    std::uint64_t ps, order;
    Task* task;
    bool before(const Entry& o) const { return ps != o.ps ? ps < o.ps : order < o.order; }
  };
  /// Tasks whose times lie in the same 2 ns, by time, then as they were scheduled.
  struct Slot {
    Task *first = nullptr, *last = nullptr;
  };
  static constexpr unsigned kSlotShift = 11, kSlots = 64;

  void step();
  bool begin_delta();
  Thread* next_thread();
  void notify_events();
  void leave(Thread& thread);
  bool next_instant();
  static std::uint64_t idle_kernel_ps();
  void call_kernel();

  void schedule(Task& task, std::uint64_t ps);
  void remove(Task& task);
  Task* first() const;
  bool due() const;
  void take_due();
  void set_now(std::uint64_t ps);
  void go_to(std::uint64_t ps);
  void put_near(Task& task);
  void put_far(Task& task);
  Slot& slot_of(const Task& task);
  void remove_far(std::size_t place);
  void put(std::size_t place, const Entry& entry);
  void rise(std::size_t place, const Entry& entry);
  void sink(std::size_t place, const Entry& entry);

  static inline Agenda* running_ = nullptr;
  std::uint64_t now_ = 0, order_ = 0;
  std::uint64_t ahead_ = 0, limit_ = 0;  ///< how far, and up to when, it may run ahead
  /// A wheel of what is due soon: slot s has the times of which it is the number modulo kSlots,
  /// from that of the present time on.
  std::array<Slot, kSlots> near_;
  std::uint64_t occupied_ = 0;  ///< slots with tasks
  std::uint64_t base_ = 0;      ///< number of the slot of the present time
  std::vector<Entry> far_;      ///< a heap: by time, then by the order in which they were scheduled
  std::vector<Task*> ready_;
  std::size_t begun_ = 0;  ///< of those
  std::vector<Event*> notified_, notifying_;
  bool pausing_ = false;
  std::exception_ptr error_;
  sc_core::sc_event call_;
};

/// Agenda::now_ps(), for short.
inline std::uint64_t now_ps() { return Agenda::now_ps(); }

}  // namespace kirchhoff::hw
