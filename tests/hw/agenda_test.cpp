#include "hw/common/agenda.h"

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include "base/stop_request.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff::hw {
namespace {

using sc_core::sc_time;

class AgendaTest : public SystemCTest {
 protected:
  void note(const std::string& what) { log_.push_back(what + "@" + std::to_string(now_ps())); }
  static void run() {
    sc_core::sc_start(sc_time(1, sc_core::SC_MS), sc_core::SC_EXIT_ON_STARVATION);
  }

  const std::shared_ptr<Agenda> agenda_ = Agenda::of_kernel();
  std::vector<std::string> log_;
};
using Log = std::vector<std::string>;

TEST_F(AgendaTest, OneAgendaServesAKernel) { EXPECT_EQ(Agenda::of_kernel(), agenda_); }

TEST_F(AgendaTest, MethodsRunByTimeAndThenInTheOrderOfTheCalls) {
  TimedMethod a(*agenda_, [&] { note("a"); }), b(*agenda_, [&] { note("b"); }),
      c(*agenda_, [&] { note("c"); });
  a.at(300);
  b.at(100);
  c.at(100);
  run();
  EXPECT_EQ(log_, (Log{"b@100", "c@100", "a@300"}));
  EXPECT_EQ(sc_core::sc_time_stamp().value(), 300u);
}

TEST_F(AgendaTest, TheEarlierTimeCountsUnlessTheMethodIsMoved) {
  TimedMethod a(*agenda_, [&] { note("a"); }), b(*agenda_, [&] { note("b"); }),
      c(*agenda_, [&] { note("c"); });
  a.at(300);
  a.at(200);
  a.at(400);
  b.at(100);
  b.move_to(500);
  c.at(150);
  c.cancel();
  run();
  EXPECT_EQ(log_, (Log{"a@200", "b@500"}));
}

TEST_F(AgendaTest, ManyMethodsComeInOrder) {
  std::vector<std::unique_ptr<TimedMethod>> methods;
  std::vector<std::uint64_t> times;
  for (std::uint64_t i = 0; i < 200; ++i) {
    methods.push_back(
        std::make_unique<TimedMethod>(*agenda_, [&times] { times.push_back(now_ps()); }));
    methods.back()->at(i * 7919 % 1009);
  }
  for (std::size_t i = 0; i < 200; i += 3) methods[i]->cancel();
  run();
  EXPECT_EQ(times.size(), 133u);
  EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
}

// Some times lie in the wheel when they are named, some come into it later, some are moved.
TEST_F(AgendaTest, NearAndFarTimesComeInOrder) {
  std::mt19937_64 random(3);
  std::vector<std::unique_ptr<TimedMethod>> methods;
  std::vector<std::pair<std::uint64_t, std::size_t>> due, came;
  for (std::size_t i = 0; i < 500; ++i) {
    methods.push_back(
        std::make_unique<TimedMethod>(*agenda_, [&came, i] { came.emplace_back(now_ps(), i); }));
    const std::uint64_t far = random() % 3 == 0 ? 2'000'000 : 200'000;
    std::uint64_t ps = random() % far;
    methods[i]->at(ps);
    if (random() % 4 == 0) methods[i]->move_to(ps = random() % far);
    due.emplace_back(ps, i);
  }
  // Those of one time come in the order in which that was named.
  std::stable_sort(due.begin(), due.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  Thread runner(*agenda_, [&] {
    for (int i = 0; i < 100; ++i) {
      const std::uint64_t then = now_ps() + random() % 20'000;
      wait_until(then);
      EXPECT_EQ(now_ps(), then);
    }
  });
  run();
  EXPECT_EQ(came, due);
}

// A thread that waits runs what comes next itself; what that throws is not thrown at the thread.
TEST_F(AgendaTest, WhatAMethodThrowsEndsTheRunAndNoThread) {
  Thread thread(*agenda_, [&] {
    try {
      wait_until(100);
    } catch (const std::runtime_error&) {
      note("caught");
    }
  });
  TimedMethod method(*agenda_, [&] { throw std::runtime_error("method"); });
  method.at(50);
  EXPECT_NONFATAL_FAILURE(EXPECT_THROW(run(), std::exception), "method");  // the kernel reports it
  EXPECT_TRUE(log_.empty());
}

TEST_F(AgendaTest, WhatAThreadThrowsEndsTheRun) {
  Event go(*agenda_);
  Thread waiter(*agenda_, [&] {
    go.wait();
    note("woken");
    throw std::runtime_error("waiter");
  });
  Thread thread(*agenda_, [&] {
    wait_until(50);
    go.notify();
    wait_until(100);
    note("never");
  });
  EXPECT_NONFATAL_FAILURE(EXPECT_THROW(run(), std::exception), "waiter");
  EXPECT_EQ(log_, (Log{"woken@50"}));
}

TEST_F(AgendaTest, ThreadsWaitForTimesAndEvents) {
  Event go(*agenda_);
  Thread waiter(*agenda_, [&] {
    note("ready");
    go.wait();
    note("went");
    wait_until(now_ps() + 50);
    note("done");
  });
  Thread caller(*agenda_, [&] {
    wait_until(100);
    go.notify();
    note("called");
  });
  run();
  EXPECT_EQ(log_, (Log{"ready@0", "called@100", "went@100", "done@150"}));
}

TEST_F(AgendaTest, AnEventWakesAllThatWaitAndOnlyThose) {
  Event go(*agenda_);
  const auto body = [&](const char* name) {
    return [this, &go, name] {
      go.wait();
      note(name);
    };
  };
  Thread a(*agenda_, body("a")), b(*agenda_, body("b"));
  Thread late(*agenda_, [&] {
    wait_until(200);
    go.wait();
    note("late");
  });
  go.at(100);
  run();
  EXPECT_EQ(log_, (Log{"a@100", "b@100"}));
}

TEST_F(AgendaTest, ACancelledNotificationWakesNobody) {
  Event go(*agenda_);
  Thread waiter(*agenda_, [&] {
    go.wait();
    note("woken");
  });
  TimedMethod method(*agenda_, [&] {
    go.notify();
    go.cancel();
  });
  method.at(10);
  run();
  EXPECT_TRUE(log_.empty());
}

/// A process of the kernel that acts every 100 ps.
struct Neighbour : sc_core::sc_module {
  std::function<void()> act;
  int left = 5;
  explicit Neighbour(const sc_core::sc_module_name& name) : sc_module(name) {
    SC_HAS_PROCESS(Neighbour);
    SC_METHOD(step);
    dont_initialize();
    sensitive << event;
    event.notify(sc_time::from_value(100));
  }
  void step() {
    act();
    if (--left > 0) event.notify(sc_time::from_value(100));
  }
  sc_core::sc_event event;
};

// Running ahead must not be seen by anybody.
TEST_F(AgendaTest, RunningAheadStopsWhereTheKernelHasSomethingToDo) {
  agenda_->run_ahead(sc_time(1, sc_core::SC_US));
  Neighbour neighbour("neighbour");
  neighbour.act = [&] { note("kernel"); };
  Thread thread(*agenda_, [&] {
    for (const std::uint64_t ps : {50, 150, 160, 450, 900}) {
      wait_until(ps);
      note("agenda");
    }
  });
  run();
  EXPECT_EQ(log_, (Log{"agenda@50", "kernel@100", "agenda@150", "agenda@160", "kernel@200",
                       "kernel@300", "kernel@400", "agenda@450", "kernel@500", "agenda@900"}));
  EXPECT_EQ(sc_core::sc_time_stamp().value(), 900u);
}

struct KernelThread : sc_core::sc_module {
  std::function<void()> body;
  KernelThread(const sc_core::sc_module_name& name, std::function<void()> b)
      : sc_module(name), body(std::move(b)) {
    SC_HAS_PROCESS(KernelThread);
    SC_THREAD(run);
  }
  void run() {
    begin_thread();
    body();
  }
};

TEST_F(AgendaTest, ThreadsOfTheKernelMayWaitToo) {
  agenda_->run_ahead(sc_time(1, sc_core::SC_US));
  Event go(*agenda_);
  KernelThread thread("thread", [&] {
    go.wait();
    note("thread");
    wait_until(now_ps() + 30);
    note("later");
  });
  TimedMethod method(*agenda_, [&] { go.notify(); }), other(*agenda_, [&] { note("other"); });
  method.at(100);
  other.at(110);
  run();
  EXPECT_EQ(log_, (Log{"thread@100", "other@110", "later@130"}));
}

TEST_F(AgendaTest, PausesAtTheTimeOfTheCall) {
  agenda_->run_ahead(sc_time(1, sc_core::SC_US));
  TimedMethod first(*agenda_, [&] { agenda_->pause(); }), second(*agenda_, [&] { note("second"); });
  first.at(100);
  second.at(200);
  run();
  EXPECT_EQ(sc_core::sc_time_stamp().value(), 100u);
  EXPECT_TRUE(log_.empty());
  run();
  EXPECT_EQ(log_, (Log{"second@200"}));
}

TEST_F(AgendaTest, AnOverdueStopPausesAndTheRestComesLater) {
  std::vector<std::unique_ptr<TimedMethod>> methods;
  for (const std::uint64_t ps : {100, 200, 300}) {
    methods.push_back(std::make_unique<TimedMethod>(*agenda_, [this] {
      note("method");
      request_stop();
      while (!stop_overdue()) {
      }
    }));
    methods.back()->at(ps);
  }
  run();
  EXPECT_EQ(log_, (Log{"method@100"}));
  withdraw_stop();
  run();
  EXPECT_EQ(log_, (Log{"method@100", "method@200"}));
  withdraw_stop();
  run();
  withdraw_stop();
  EXPECT_EQ(log_, (Log{"method@100", "method@200", "method@300"}));
}

void throw_from_below(int depth) {
  volatile char frame[64];
  for (std::size_t i = 0; i < sizeof frame; ++i) frame[i] = static_cast<char>(depth);
  if (depth == 0) throw std::runtime_error("below");
  throw_from_below(depth - 1);
  frame[0] = 0;
}

// In a build with AddressSanitizer an exception clears what the frames that it leaves have marked,
// if the sanitizer knows the stack; else later frames in their place are taken for overflows.
TEST_F(AgendaTest, ExceptionsMayCrossFramesBetweenAndInsideThreads) {
  const auto use_stack = [] {
    std::array<char, 8192> frame;
    frame.fill(1);
    return std::accumulate(frame.begin(), frame.end(), 0);
  };
  const auto try_below = [&] {
    EXPECT_THROW(throw_from_below(30), std::runtime_error);
    EXPECT_EQ(use_stack(), 8192);
  };
  for (int i = 0; i < 5; ++i) {
    Thread thread(*agenda_, [&] {
      try_below();
      wait_until(now_ps() + 10);
      try_below();
      note("thread");
    });
    TimedMethod start(*agenda_, [] {});  // a thread that is made late runs when something else does
    start.at(now_ps());
    run();
    try_below();
  }
  EXPECT_EQ(log_.size(), 5u);
}

}  // namespace
}  // namespace kirchhoff::hw
