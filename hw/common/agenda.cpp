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
  if (place_ != kNowhere) agenda_.remove(place_);
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
  thread->coroutine_.suspend();
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
    : Task(agenda), coroutine_(std::move(body), kStackBytes) {
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
    thread->coroutine_.suspend();
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
  now_ = begin;
  limit_ = begin + std::min(ahead_, idle_kernel_ps());
  running_ = this;
  do {
    run_instant();
  } while (!pausing_ && !error_ && next_instant());
  running_ = nullptr;
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  if (pausing_ && now_ == begin) {
    pausing_ = false;
    sc_core::sc_pause();
  }
  // The kernel's time follows, even when nothing is left to do.
  const bool catch_up = now_ > begin && (pausing_ || heap_.empty());
  if (catch_up) {
    call_.notify(sc_core::sc_time::from_value(now_ - begin));
  } else {
    call_kernel();
  }
}

// Everything at the present time, one delta cycle after another. What is left when somebody wants
// the program to stop waits for the next step.
void Agenda::run_instant() {
  while (true) {
    if (stop_overdue()) return pause();
    while (!heap_.empty() && heap_.front().ps <= now_) {
      Task* const task = heap_.front().task;
      remove(0);
      ready_.push_back(task);
    }
    for (std::size_t i = 0; i < ready_.size(); ++i) ready_[i]->run();
    ready_.clear();
    if (notified_.empty() && (heap_.empty() || heap_.front().ps > now_)) return;
    notifying_.swap(notified_);
    for (Event* const event : notifying_) {
      if (std::exchange(event->notified_, false)) event->run();
    }
    notifying_.clear();
  }
}

// Goes on to the next time if the kernel need not hear of it.
bool Agenda::next_instant() {
  if (heap_.empty() || heap_.front().ps > limit_) return false;
  now_ = heap_.front().ps;
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
  } else if (!heap_.empty()) {
    call_.notify(sc_core::sc_time::from_value(heap_.front().ps) - sc_core::sc_time_stamp());
  }
}

void Agenda::schedule(Task& task, std::uint64_t ps) {
  const Entry entry{ps, order_++, &task};
  if (task.place_ == Task::kNowhere) {
    heap_.emplace_back();
    rise(heap_.size() - 1, entry);
  } else if (ps < heap_[task.place_].ps) {
    rise(task.place_, entry);
  } else {
    return;
  }
  if (task.place_ == 0) call_kernel();
}

void Agenda::remove(std::size_t place) {
  heap_[place].task->place_ = Task::kNowhere;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (place == heap_.size()) return;
  if (place > 0 && last.before(heap_[(place - 1) / 4])) {
    rise(place, last);
  } else {
    sink(place, last);
  }
}

void Agenda::put(std::size_t place, const Entry& entry) {
  heap_[place] = entry;
  entry.task->place_ = place;
}

// A heap of four children per node: half as deep as one of two, and siblings share a cache line.
void Agenda::rise(std::size_t place, const Entry& entry) {
  while (place > 0) {
    const std::size_t parent = (place - 1) / 4;
    if (!entry.before(heap_[parent])) break;
    put(place, heap_[parent]);
    place = parent;
  }
  put(place, entry);
}

void Agenda::sink(std::size_t place, const Entry& entry) {
  while (true) {
    const std::size_t first = 4 * place + 1;
    if (first >= heap_.size()) break;
    const std::size_t end = first + 4 < heap_.size() ? first + 4 : heap_.size();
    std::size_t least = first;
    for (std::size_t child = first + 1; child < end; ++child) {
      if (heap_[child].before(heap_[least])) least = child;
    }
    if (!heap_[least].before(entry)) break;
    put(place, heap_[least]);
    place = least;
  }
  put(place, entry);
}

}  // namespace kirchhoff::hw
