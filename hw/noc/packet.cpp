#include "hw/noc/packet.h"

#include <fmt/core.h>

namespace kirchhoff::hw {

const char* name_of(PacketKind kind) {
  switch (kind) {
    case PacketKind::kActivation:
      return "activation";
    case PacketKind::kPartialSum:
      return "partial sum";
    case PacketKind::kCredit:
      return "credit";
    case PacketKind::kBufferCredit:
      return "buffer credit";
    case PacketKind::kResult:
      return "result";
  }
  return "?";
}

std::string Packet::describe() const {
  return fmt::format("{} packet {} ({} flits) from node {} to node {}", name_of(kind), id, flits,
                     kirchhoff::index(source), kirchhoff::index(destination));
}

Segments segments_of(long long payload_bits, const NocConfig& config) {
  const long long payload = (payload_bits + config.flit_bits - 1) / config.flit_bits;
  const long long longest = config.packet_flits == 0 ? payload : config.packet_flits - 1;
  Segments segments;
  if (payload > longest) segments.packets = static_cast<int>((payload + longest - 1) / longest);
  segments.flits = segments.packets + static_cast<int>(payload);
  return segments;
}

}  // namespace kirchhoff::hw
