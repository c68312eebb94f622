#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <systemc>
#include <tlm>

#include "hw/common/identifiers.h"
#include "hw/common/sums.h"

namespace kirchhoff::hw {

enum class PacketKind : std::uint8_t {
  kActivation,    ///< output pixels of a layer (or the image) to a tile of the next layer
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

/// A message between two end points. One head flit carries source, destination and the fields
/// below; the payload follows in whole flits.
struct Packet {
  std::uint64_t id = 0;
  PacketKind kind = PacketKind::kActivation;
  NodeId source{}, destination{};
  int layer =
      0;  ///< layer that sends it, for the energy ledger; the host's image counts for layer 0
  int stream = 0;  ///< activation: input stream; partial sum, credit: group; result: first channel
  /// Activation: first pixel; partial sum, credit: window; result: pixel; all counted on over the
  /// images of a stream. Buffer credit: rows that may be sent, likewise.
  int index = 0;
  int count = 1;                        ///< activation: pixels that travel together
  int channel_begin = 0, channels = 0;  ///< activation: channels that travel
  long long payload_bits = 0;
  int flits = 1;
  std::vector<std::int32_t> values;  ///< activations; empty when only sizes flow
  Sums sums;                         ///< partial sums and results; empty likewise

  /// "activation 12 from node 3 to node 4" for the deadlock report.
  std::string describe() const;
};

/// Flits of a packet with `payload_bits` on links of `flit_bits`: one head and the payload.
int flits_of(long long payload_bits, int flit_bits);

}  // namespace kirchhoff::hw
