#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <systemc>

#include "hw/chip/chip.h"
#include "mapping/mapping.h"
#include "quant/network/network.h"
#include "quant/network/policy.h"
#include "traces/tracer.h"

namespace kirchhoff::sim {

/// Runs the kernel for a traced chip and watches how the trace files grow.
///
/// When a file has reached a 64th of its limit, the size that it will have is estimated from the
/// share of the work that has been done since its window opened: matrix-vector products of the
/// tiles that it records, weighted by what one puts into a trace, against those that the program
/// holds; or of the time window, whichever ends first. An estimate above the limit ends the run
/// with InputError. (A file that then grows beyond its limit all the same stops there by itself.)
class TraceGuard {
 public:
  /// Also tells the timeline what the program of a round put on the tiles. `images` run one after
  /// another.
  TraceGuard(const Tracer& tracer, const hw::Chip& chip, const mapping::Mapping& mapping,
             const quant::Network& network, const quant::Policy& policy, hw::Fidelity fidelity,
             int images = 1, mapping::RoundId round = mapping::RoundId{});

  /// Until no event is left, the next one lies beyond `limit`, or the network's watchdog stops the
  /// chip. Throws Stopped when a stop is overdue.
  void run(const sc_core::sc_time& limit);

 private:
  struct File {
    std::string path;
    std::uint64_t limit = 0;
    TraceWindow window;
    std::function<std::uint64_t()> bytes;
    IndexedVector<hw::TileId, bool> records;
    bool opened = false, judged = false;
    double work_before = 0;  ///< done when the window opened
    std::uint64_t bytes_before = 0;
  };
  struct TileWork {
    hw::TileId tile{};
    double products = 0;  ///< that the program holds; windows where the SFU works and no PE
    bool has_products = true;
    double weight = 0;  ///< of one product
  };

  void check(File& file) const;
  /// Share of the work of the tiles that a file records.
  double work_done(const File& file) const;

  const hw::Chip& chip_;
  std::vector<TileWork> work_;
  std::vector<File> files_;
  std::uint64_t begin_ps_ = 0;
};

}  // namespace kirchhoff::sim
