#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "hw/common/clock.h"
#include "hw/common/sums.h"
#include "hw/config/chip_config.h"
#include "hw/config/identifiers.h"

namespace kirchhoff::hw {

enum class PacketKind : std::uint8_t {
  kActivation,    ///< pixels of a map to a tile that reads it, or to the host between rounds
  kPartialSum,    ///< row-block sums of one window to the tile that completes them
  kCredit,        ///< room for one more window of partial sums
  kBufferCredit,  ///< room for more rows of the input map
  kResult,        ///< accumulators of the last layer to the host
};

/// Classes of packets that never wait for each other in a router: partial sums must get through
/// while activations wait for a tile, and credits while partial sums wait for credits.
enum class VirtualNetwork : std::uint8_t { kActivations, kPartialSums, kCredits };
inline constexpr int kVirtualNetworks = 3;

constexpr VirtualNetwork network_of(PacketKind kind) {
  return kind == PacketKind::kPartialSum ? VirtualNetwork::kPartialSums
         : kind == PacketKind::kCredit || kind == PacketKind::kBufferCredit
             ? VirtualNetwork::kCredits
             : VirtualNetwork::kActivations;
}
const char* name_of(PacketKind kind);

/// A message between two end points. On the wires it is one packet, or several when it is longer
/// than `noc.packet_flits`: each has a head flit with source, destination and the fields below, and
/// a part of the payload in whole flits.
struct Packet {
  std::uint64_t id = 0;
  PacketKind kind = PacketKind::kActivation;
  NodeId source{}, destination{};
  /// Of the layer that sends it, for the ledger; of the host the one that reads, the image: 0.
  LayerLabel layer{};
  int stream = 0;   ///< activation: input stream; partial sum, credit: group; result: first channel
  int operand = 0;  ///< activation, buffer credit: 0 = the layer's input, 1 = its second operand
  /// Activation: first pixel; partial sum, credit: window; result: pixel; all counted on over the
  /// images of a stream. Buffer credit: rows that may be sent, likewise.
  int index = 0;
  int count = 1;                        ///< activation: pixels that travel together
  int channel_begin = 0, channels = 0;  ///< activation: channels that travel
  long long payload_bits = 0;
  int flits = 1;                  ///< on the wires, heads included; set when it is sent
  int hops = 0;                   ///< links between routers; set when it is sent
  Cycle created = 0;              ///< free for the sender's own use
  Cycle entered = 0;              ///< first cycle in which it could leave; set on the way
  std::uint64_t flit_cycles = 0;  ///< sum over its flits: arrival - entered; set on the way
  Cycle contention_cycles = 0;    ///< of the network clock; set on the way
  std::uint64_t sent_ps = 0, arrived_ps = 0;  ///< handed over and delivered, simulated time
  std::vector<std::int32_t> values;           ///< activations; empty when only sizes flow
  Sums sums;                                  ///< partial sums and results; empty likewise

  /// "activation packet 12 (33 flits) from node 3 to node 4" for the deadlock report.
  std::string describe() const;
};

using PacketPtr = std::shared_ptr<Packet>;
/// Packets come and go by the thousand: they live where earlier ones lived.
PacketPtr make_packet();

/// How a payload travels: packets of at most `noc.packet_flits`, each with a head flit of its own.
struct Segments {
  int packets = 1;
  int flits = 1;  ///< of all packets, heads included
};
Segments segments_of(long long payload_bits, const NocConfig& config);

/// Cycles of a head through one router and the link behind it: RC + VA + SA + ST + LT.
constexpr Cycle hop_cycles(const NocConfig& c) {
  return static_cast<Cycle>(c.rc_cycles + c.va_cycles + c.sa_cycles + c.st_cycles + c.link_cycles);
}

/// Cycles from the first in which a message can leave its network interface to the one in which its
/// last flit has arrived, when nothing else moves and buffers cover the credit loop: the link to
/// the first router, hops + 1 routers with their links, and one cycle per further flit.
constexpr Cycle zero_load_cycles(const NocConfig& c, int hops, int flits) {
  return static_cast<Cycle>(c.link_cycles) + static_cast<Cycle>(hops + 1) * hop_cycles(c) +
         static_cast<Cycle>(flits - 1);
}

}  // namespace kirchhoff::hw
