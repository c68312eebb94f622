#pragma once

#include <cstdint>
#include <vector>

#include "hw/common/clock.h"
#include "hw/ports/analogue_chain.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff::hw {

/// Stands at every far end of a chain and remembers what came and when.
struct FarEnd : sc_core::sc_module,
                WordLineIf,
                SampleIf,
                ConvertIf,
                CodeIf,
                AccumulateIf,
                SequencerIf {
  sc_core::sc_event idle;
  bool is_busy = false;
  std::vector<sc_core::sc_time> times;
  std::vector<Columns> columns;
  std::vector<int> factors;
  int sampled_count = 0, accumulated_count = 0;

  explicit FarEnd(const sc_core::sc_module_name& name) : sc_module(name) {}
  void note(const Columns& c) {
    times.push_back(sc_core::sc_time_stamp());
    columns.push_back(c);
  }
  void apply(const BitStep&, const WordLines&) override { note({}); }
  void offer(const BitStep&, const Columns& d) override { note(d); }
  bool busy() const override { return is_busy; }
  const sc_core::sc_event& idle_event() const override { return idle; }
  std::uint64_t convert(const BitStep&, const Columns& h) override {
    note(h);
    return 0;
  }
  void accept(const BitStep&, const Columns& c) override { note(c); }
  void accumulate(int, std::int32_t factor, const Columns& c) override {
    factors.push_back(factor);
    note(c);
  }
  void sampled(int) override { ++sampled_count; }
  void accumulated(int, const BitStep&) override { ++accumulated_count; }
};

/// One stage of the analogue chain between far ends.
class PeChainTest : public SystemCTest {
 protected:
  /// Everything up to and including `ns`: sc_start() leaves out the events of its last instant.
  static void run_until(double ns) {
    sc_core::sc_start(sc_core::sc_time(ns, sc_core::SC_NS) + sc_core::sc_time(1, sc_core::SC_PS) -
                      sc_core::sc_time_stamp());
  }
  Clock clock_{1000};
  FarEnd far_{"far"};
};

}  // namespace kirchhoff::hw
