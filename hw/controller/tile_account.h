#pragma once

#include <vector>

#include <systemc>

#include "hw/controller/sequence_account.h"
#include "hw/noc/packet.h"

namespace kirchhoff::hw {

/// Where the time of a tile's run went. The entries sum to it: products (kMultiply), the way of the
/// first window to the PEs and of the last one from them (`fill`), and what the PEs waited for in
/// between.
struct TileTimes {
  std::uint64_t fill = 0;  ///< picoseconds
  ActivityTimes by{};
};

/// A packet that may end a wait, and the account of `receive` when it took the packet.
struct Arrival {
  std::uint64_t sent_ps = 0, arrived_ps = 0;
  std::uint64_t serialisation_ps = 0, contention_ps = 0;
  ActivityTimes before{};
};

/// The accounts of a tile's five sequences, and the moments of a run at which they are read.
class TileAccount {
 public:
  TileAccount(const Tracer* tracer, const sc_core::sc_object& controller, int noc_mhz);
  void reset();
  /// From the next reset() on: whether times are added up. They take a good part of a simulation,
  /// and decide nothing. Waveforms and timelines need them.
  void keep_times(bool keep);

  SequenceAccount fetch, compute, drain, complete, receive;

  /// The first window is fetched, the first product starts, the last one is ready, and the last
  /// window is handed on, now.
  void begin() { at_begin_ = compute.blame(); }
  void first_product() { at_first_product_ = compute.blame(); }
  void last_ready();
  void end() { complete_at_end_ = complete.blame(); }
  /// From begin() to end(); zeros if none are kept.
  TileTimes times() const;

  /// Of a packet that `receive` takes now.
  Arrival arrival_of(const Packet& packet) const;
  /// The wait of `waiter`, which a packet has ended, is taken apart. Also in what last_ready() has
  /// seen of a wait of `complete`, which began at `begin_ps`.
  void explain_fetch(const Arrival& arrival) {
    if (keeps_times_) explain(fetch, arrival);
  }
  void explain_complete(const Arrival& arrival, std::uint64_t begin_ps);

 private:
  Hindsight explain(SequenceAccount& waiter, const Arrival& arrival);

  const int noc_mhz_;
  bool keeps_times_ = true;
  const std::vector<SequenceAccount*> all_{&fetch, &compute, &drain, &complete, &receive};
  std::uint64_t last_ready_ps_ = 0;  ///< 0: not yet
  ActivityTimes at_begin_{}, at_first_product_{}, at_last_ready_{}, complete_at_last_ready_{},
      complete_at_end_{};
};

}  // namespace kirchhoff::hw
