#include "hw/noc/packet.h"

#include <cstddef>
#include <new>
#include <utility>

#include <fmt/core.h>

namespace kirchhoff::hw {

namespace {

/// Blocks of the one size that std::allocate_shared asks for, which are never given back. For the
/// one thread that a kernel has.
template <typename T>
struct PacketAllocator {
  using value_type = T;
  PacketAllocator() = default;
  template <typename U>
  PacketAllocator(const PacketAllocator<U>&) {}  // NOLINT(google-explicit-constructor)

  struct Free {
    Free* next;
  };
  static inline thread_local Free* first_ = nullptr;

  T* allocate(std::size_t count) {
    static_assert(sizeof(T) >= sizeof(Free) && alignof(T) <= alignof(std::max_align_t));
    if (count != 1 || !first_) return static_cast<T*>(::operator new(count * sizeof(T)));
    return reinterpret_cast<T*>(std::exchange(first_, first_->next));
  }
  void deallocate(T* block, std::size_t count) {
    if (count != 1) return ::operator delete(block);
    first_ = new (block) Free{first_};
  }
  template <typename U>
  bool operator==(const PacketAllocator<U>&) const {
    return true;
  }
  template <typename U>
  bool operator!=(const PacketAllocator<U>&) const {
    return false;
  }
};

}  // namespace

PacketPtr make_packet() { return std::allocate_shared<Packet>(PacketAllocator<Packet>()); }

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
