#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/multi_passthrough_initiator_socket.h>

#include "hw/common/clock.h"
#include "hw/controller/sequence_account.h"
#include "hw/noc/network_interface.h"
#include "hw/ports/transfer.h"

namespace kirchhoff::hw {

class Controller;
using ControllerSockets = tlm_utils::multi_passthrough_initiator_socket<Controller>;

/// Initiators of the tile bus, in the order in which they are bound.
enum class BusUser : std::uint8_t { kFetch, kDrain, kComplete, kReceive };
inline constexpr std::size_t kBusUsers = 4;
/// Ports of the eDRAM buffer, likewise.
enum class EdramUser : std::uint8_t { kFetch, kReceive, kComplete };
inline constexpr std::size_t kEdramUsers = 3;

/// When sequences act: on edges of the tile clock, whatever domain woke them, or on beats of a
/// synchronous pipeline.
class StageClock {
 public:
  /// A beat is `cycles` of the clock.
  StageClock(const Clock& clock, Cycle cycles) : clock_(clock), cycles_(cycles) {}
  /// Waits for the next beat, if it is not now.
  void align() const {
    const std::uint64_t beat =
        cycles_ == 1 ? clock_.next_edge_ps()
                     : clock_.edge_ps((clock_.now() + cycles_ - 1) / cycles_ * cycles_);
    if (beat != now_ps()) wait_until(beat);
  }
  /// Waits for the next edge: packets know no beat.
  void align_to_clock() const {
    const std::uint64_t edge = clock_.next_edge_ps();
    if (edge != now_ps()) wait_until(edge);
  }

 private:
  const Clock& clock_;
  const Cycle cycles_;
};

/// A sequence's way over the tile bus. Calls return when the transfer is over.
class BusAccess {
 public:
  BusAccess(ControllerSockets& sockets, BusUser user, SequenceAccount& account)
      : sockets_(sockets), user_(static_cast<int>(user)), account_(account) {
    transfer_.wires().listener = &account;
  }
  /// The beats of the next transfer.
  std::vector<Beat>& beats() { return transfer_.wires().beats; }
  void read() { transport(tlm::TLM_READ_COMMAND); }
  void write() { transport(tlm::TLM_WRITE_COMMAND); }
  /// Moves data between components that are no bus targets; whoever takes them needs `at_least`
  /// cycles.
  void move(long long bits, Cycle at_least = 0);

 private:
  void transport(tlm::tlm_command command);

  ControllerSockets& sockets_;
  const int user_;
  SequenceAccount& account_;
  Transfer transfer_;
};

/// A sequence's port of the eDRAM buffer. Calls return when the access is over.
class EdramAccess {
 public:
  EdramAccess(ControllerSockets& sockets, EdramUser user, SequenceAccount& account)
      : sockets_(sockets), user_(static_cast<int>(user)), account_(account) {
    transfer_.wires().listener = &account;
  }
  /// What the next access covers.
  TransferExtension& burst() { return transfer_.wires(); }
  /// `values` is null when only sizes flow.
  void read(long long address, std::int32_t* values, std::size_t count) {
    transport(tlm::TLM_READ_COMMAND, address, values, count);
  }
  void write(long long address, std::int32_t* values, std::size_t count) {
    transport(tlm::TLM_WRITE_COMMAND, address, values, count);
  }

 private:
  void transport(tlm::tlm_command command, long long address, std::int32_t* values,
                 std::size_t count);

  ControllerSockets& sockets_;
  const int user_;
  SequenceAccount& account_;
  Transfer transfer_;
};

/// A sequence's way into the network. Calls return on a beat, when the network interface has taken
/// the packet.
class NetworkAccess {
 public:
  NetworkAccess(sc_core::sc_port<NetworkIf>& network, const StageClock& stage,
                std::uint64_t& commands, SequenceAccount& account)
      : network_(network), stage_(stage), commands_(commands), account_(account) {}
  void send(PacketPtr packet);
  /// Tells the producers of an operand that they may send all rows before `rows`.
  void send_credits(const std::vector<NodeId>& producers, LayerLabel layer, int operand, int rows);

 private:
  sc_core::sc_port<NetworkIf>& network_;
  const StageClock& stage_;
  std::uint64_t& commands_;
  SequenceAccount& account_;
};

}  // namespace kirchhoff::hw
