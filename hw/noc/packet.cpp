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
                     hw::index(source), hw::index(destination));
}

int flits_of(long long payload_bits, int flit_bits) {
  return 1 + static_cast<int>((payload_bits + flit_bits - 1) / flit_bits);
}

}  // namespace kirchhoff::hw
