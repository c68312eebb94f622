#include "hw/common/agenda.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

#include "base/stop_request.h"

namespace kirchhoff::hw {
namespace {

// Sequences call each other a dozen frames deep; what reports errors needs the most.
constexpr std::size_t kStackBytes = 128 * 1024;

}  // namespace

void Task::at(std::uint64_t ps) { agenda_.schedule(*this, ps); }

void Task::cancel() {
  if (place_ != kNowhere) agenda_.remove(*this);
}

Task::~Task() { cancel(); }

void Event::notify() {
  if (notified_) return;
  notified_ = true;
  agenda_.notified_.push_back(this);
  agenda_.call_kernel();
}

void Event::cancel() {
  notified_ = false;
  Task::cancel();
}

void Event::wait() {
  Thread* const thread = Thread::current();
  if (!thread) {
    if (!event_) event_ = std::make_unique<sc_core::sc_event>();
    sc_core::wait(*event_);
    return;
  }
  (first_ ? last_->next_ : first_) = thread;
  last_ = thread;
  agenda_.leave(*thread);
}

// Wakes all that wait.
void Event::run() {
  for (Thread* thread = std::exchange(first_, nullptr); thread;) {
    agenda_.ready_.push_back(thread);
    thread = std::exchange(thread->next_, nullptr);
  }
  if (!event_) return;
  event_->notify(sc_core::SC_ZERO_TIME);
  agenda_.limit_ = agenda_.now_;  // the kernel's turn
}

Thread::Thread(Agenda& agenda, std::function<void()> body)
    : Task(agenda, true), coroutine_(std::move(body), kStackBytes) {
  agenda_.ready_.push_back(this);
}

void Thread::run() {
  current_ = this;
  try {
    coroutine_.resume();
  } catch (...) {
    agenda_.error_ = std::current_exception();
  }
  current_ = nullptr;
}

void wait_until(std::uint64_t ps) {
  if (Thread* const thread = Thread::current()) {
    thread->at(ps);
    thread->agenda_.leave(*thread);
  } else {
    sc_core::wait(sc_core::sc_time::from_value(ps) - sc_core::sc_time_stamp());
  }
}

Agenda::Agenda(const sc_core::sc_module_name& name) : sc_module(name) {
  SC_HAS_PROCESS(Agenda);
  SC_METHOD(step);
  sensitive << call_;
}

Agenda::~Agenda() = default;

std::shared_ptr<Agenda> Agenda::of_kernel() {
  // The standard gives kernels no name; what tells them apart is where the current one keeps its
  // list of top-level objects.
  using Kernel = const std::vector<sc_core::sc_object*>*;
  static std::map<Kernel, std::weak_ptr<Agenda>> agendas;
  std::weak_ptr<Agenda>& known = agendas[&sc_core::sc_get_top_level_objects()];
  std::shared_ptr<Agenda> agenda = known.lock();
  if (!agenda) known = agenda = std::make_shared<Agenda>("agenda");
  return agenda;
}

void Agenda::step() {
  const std::uint64_t begin = sc_core::sc_time_stamp().value();
  running_ = this;
  go_to(begin);
  limit_ = begin + std::min(ahead_, idle_kernel_ps());
  if (begin_delta()) {
    while (Thread* const thread = next_thread()) thread->run();
  }
  running_ = nullptr;
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  if (pausing_ && now_ == begin) {
    pausing_ = false;
    sc_core::sc_pause();
  }
  // The kernel's time follows, even when nothing is left to do.
  const bool catch_up = now_ > begin && (pausing_ || first() == nullptr);
  if (catch_up) {
    call_.notify(sc_core::sc_time::from_value(now_ - begin));
  } else {
    call_kernel();
  }
}

// What is left when somebody wants the program to stop waits for the next step.
bool Agenda::begin_delta() {
  if (stop_overdue()) {
    pause();
    return false;
  }
  take_due();
  return true;
}

// Everything at the present time, one delta cycle after another, then at the next: up to a thread
// that is to go on. Null: the step is over. Errors are for whoever called the step.
Thread* Agenda::next_thread() {
  while (true) {
    while (begun_ < ready_.size()) {
      Task* const task = ready_[begun_++];
      if (task->is_thread_) return static_cast<Thread*>(task);
      try {
        task->run();
      } catch (...) {
        error_ = std::current_exception();
      }
    }
    ready_.clear();
    begun_ = 0;
    if (!notified_.empty() || due()) {
      notify_events();
    } else if (pausing_ || error_ || !next_instant()) {
      return nullptr;
    }
    if (!begin_delta()) return nullptr;
  }
}

void Agenda::notify_events() {
  notifying_.swap(notified_);
  for (Event* const event : notifying_) {
    if (std::exchange(event->notified_, false)) event->run();
  }
  notifying_.clear();
}

// In `thread`, which waits for something from now on.
void Agenda::leave(Thread& thread) {
  Thread::current_ = nullptr;
  Thread* const next = next_thread();
  Thread::current_ = next;
  if (next == &thread) return;
  if (next) {
    thread.coroutine_.resume_instead(next->coroutine_);
  } else {
    thread.coroutine_.suspend();
  }
}

// What is due at the present time is ready.
void Agenda::take_due() {
  Slot& slot = near_[base_ % kSlots];
  Task* task = slot.first;
  for (; task && task->ps_ <= now_; task = task->behind_) {
    task->place_ = Task::kNowhere;
    ready_.push_back(task);
  }
  slot.first = task;
  if (task) {
    task->before_ = nullptr;
    return;
  }
  slot.last = nullptr;
  occupied_ &= ~(std::uint64_t{1} << (base_ % kSlots));
}

// Goes on to the next time if the kernel need not hear of it.
bool Agenda::next_instant() {
  const Task* const next = first();
  if (!next || next->ps_ > limit_) return false;
  set_now(next->ps_);
  return true;
}

/// For so long nothing but the agenda has anything to do.
std::uint64_t Agenda::idle_kernel_ps() {
  const std::uint64_t left = sc_core::sc_time_to_pending_activity().value();
  return left > 0 ? left - 1 : 0;
}

// From outside, or at the end of a step: the kernel must call when something is to be done.
void Agenda::call_kernel() {
  if (running_ == this) return;
  if (!ready_.empty() || !notified_.empty()) {
    call_.notify(sc_core::SC_ZERO_TIME);
  } else if (const Task* const next = first()) {
    call_.notify(sc_core::sc_time::from_value(next->ps_) - sc_core::sc_time_stamp());
  }
}

void Agenda::schedule(Task& task, std::uint64_t ps) {
  if (task.place_ != Task::kNowhere) {
    if (ps >= task.ps_) return;
    remove(task);
  }
  task.ps_ = ps;
  if (ps >> kSlotShift < base_ + kSlots) {
    put_near(task);
  } else {
    put_far(task);
  }
  if (running_ != this && first() == &task) call_kernel();
}

void Agenda::remove(Task& task) {
  if (task.place_ != Task::kNear) return remove_far(task.place_);
  task.place_ = Task::kNowhere;
  Slot& slot = slot_of(task);
  (task.before_ ? task.before_->behind_ : slot.first) = task.behind_;
  (task.behind_ ? task.behind_->before_ : slot.last) = task.before_;
  if (!slot.first) occupied_ &= ~(std::uint64_t{1} << (&slot - near_.data()));
}

/// The one that is due next; null: none.
Task* Agenda::first() const {
  if (occupied_ == 0) return far_.empty() ? nullptr : far_.front().task;
  const unsigned base = base_ % kSlots;
  const std::uint64_t turned =
      base == 0 ? occupied_ : occupied_ >> base | occupied_ << (kSlots - base);
  return near_[(base + static_cast<unsigned>(__builtin_ctzll(turned))) % kSlots].first;
}

bool Agenda::due() const {
  const Task* const task = near_[base_ % kSlots].first;
  return task && task->ps_ <= now_;
}

// What was far may be near. Nothing near has been scheduled for such a time yet, so that it comes
// before what will be.
void Agenda::set_now(std::uint64_t ps) {
  now_ = ps;
  base_ = ps >> kSlotShift;
  while (!far_.empty() && far_.front().ps >> kSlotShift < base_ + kSlots) {
    Task& task = *far_.front().task;
    remove_far(0);
    put_near(task);
  }
}

// As the kernel says, which may have gone back behind a run that was given up, or beyond something
// that is due: then slots are shared out anew.
void Agenda::go_to(std::uint64_t ps) {
  const Task* const next = first();
  std::vector<Task*> tasks;
  if (next && (ps < now_ || next->ps_ < ps)) {
    while (occupied_ != 0) {
      tasks.push_back(first());
      remove(*tasks.back());
    }
  }
  set_now(ps);
  for (Task* const task : tasks) schedule(*task, task->ps_);
}

/// That of the present time for what is overdue.
Agenda::Slot& Agenda::slot_of(const Task& task) {
  return near_[std::max(task.ps_ >> kSlotShift, base_) % kSlots];
}

// Behind those of the same time. Most are the last in their slot.
void Agenda::put_near(Task& task) {
  task.place_ = Task::kNear;
  Slot& slot = slot_of(task);
  Task* before = slot.last;
  while (before && before->ps_ > task.ps_) before = before->before_;
  task.before_ = before;
  task.behind_ = before ? before->behind_ : slot.first;
  (task.before_ ? task.before_->behind_ : slot.first) = &task;
  (task.behind_ ? task.behind_->before_ : slot.last) = &task;
  occupied_ |= std::uint64_t{1} << (&slot - near_.data());
}

void Agenda::put_far(Task& task) {
  far_.emplace_back();
  rise(far_.size() - 1, {task.ps_, order_++, &task});
}

void Agenda::remove_far(std::size_t place) {
  far_[place].task->place_ = Task::kNowhere;
  const Entry last = far_.back();
  far_.pop_back();
  if (place == far_.size()) return;
  if (place > 0 && last.before(far_[(place - 1) / 4])) {
    rise(place, last);
  } else {
    sink(place, last);
  }
}

void Agenda::put(std::size_t place, const Entry& entry) {
  far_[place] = entry;
  entry.task->place_ = place;
}

// A heap of four children per node: half as deep as one of two, and siblings share a cache line.
void Agenda::rise(std::size_t place, const Entry& entry) {
  while (place > 0) {
    const std::size_t parent = (place - 1) / 4;
    if (!entry.before(far_[parent])) break;
    put(place, far_[parent]);
    place = parent;
  }
  put(place, entry);
}

void Agenda::sink(std::size_t place, const Entry& entry) {
  while (true) {
    const std::size_t first = 4 * place + 1;
    if (first >= far_.size()) break;
    const std::size_t end = first + 4 < far_.size() ? first + 4 : far_.size();
    std::size_t least = first;
    for (std::size_t child = first + 1; child < end; ++child) {
      if (far_[child].before(far_[least])) least = child;
    }
    if (!far_[least].before(entry)) break;
    put(place, far_[least]);
    place = least;
  }
  put(place, entry);
}

}  // namespace kirchhoff::hw
