#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "hw/config/identifiers.h"

namespace kirchhoff::hw {

/// What the packets of one layer did to the network: sums over the run. A message is what an end
/// point sends; it travels as one or more packets. The three parts of its latency add up to the
/// cycles from the first in which it could leave to the one in which its last flit had arrived.
struct LayerTraffic {
  std::uint64_t messages = 0, packets = 0;
  std::uint64_t flits = 0;                 ///< heads included
  std::uint64_t router_flits = 0;          ///< flits times routers passed
  std::uint64_t link_flits = 0;            ///< flits times links between routers passed
  std::uint64_t head_cycles = 0;           ///< a head's way through an idle network
  std::uint64_t serialisation_cycles = 0;  ///< flits behind the first head
  std::uint64_t contention_cycles = 0;     ///< the rest: waiting for other packets and for room

  /// The counters of a layer that its tiles cannot have, with their names in reports.
  template <typename Visitor>
  void visit(Visitor&& v) const {
    v("router_flits", router_flits, "flits of the layer x routers passed");
    v("link_flits", link_flits, "flits of the layer x links between routers passed");
    v("noc_messages", messages, "messages that the layer's tiles (or, for layer 0, the host) sent");
    v("noc_flits", flits, "their flits, heads included");
    v("noc_head_cycles", head_cycles, "NoC cycles of their heads through an idle network");
    v("noc_serialisation_cycles", serialisation_cycles,
      "NoC cycles of the flits behind the first head");
    v("noc_contention_cycles", contention_cycles,
      "NoC cycles that they waited for other packets and for room");
  }
};

/// An output of a router over a run.
struct LinkLoad {
  RouterId router{};
  int port = 0;  ///< see Port
  /// Where it leads: one of the two.
  std::optional<RouterId> to_router{};
  std::optional<NodeId> to_end_point{};
  std::uint64_t flits = 0;
  std::uint64_t stall_cycles = 0;  ///< that packets (wormhole: flits) waited to leave by it
};

/// An input buffer of a router over a run.
struct BufferMark {
  RouterId router{};
  int port = 0, virtual_channel = 0;
  int high_water_flits = 0;  ///< most flits that it held or (cut-through) had promised room for
};

struct NocCounters {
  IndexedVector<LayerLabel, LayerTraffic> layers;
  std::vector<LinkLoad> links;      ///< outputs that exist, by router and port
  std::vector<BufferMark> buffers;  ///< of inputs that exist, by router, port and channel
  IndexedVector<NodeId, std::uint64_t> injected_flits;
  std::uint64_t stall_cycles = 0;  ///< sum over the links
};

}  // namespace kirchhoff::hw
