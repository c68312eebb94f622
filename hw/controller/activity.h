#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace kirchhoff::hw {

/// What a sequence of the controller does or waits for. The names appear in waveforms, reports and
/// counters.
enum class Activity : std::uint8_t {
  kIdle,
  kMultiply,           ///< products of all PEs
  kEdram,              ///< eDRAM access
  kBus,                ///< transfer on the tile bus, additions included
  kSfu,                ///< requantiser, table, max-pool register
  kWaitEdram,          ///< another sequence has the eDRAM
  kWaitBus,            ///< another sequence has the bus
  kWaitInput,          ///< pixels that have not arrived
  kWaitSlot,           ///< a free slot of the input registers
  kWaitCompletion,     ///< the window before, where windows do not overlap
  kWaitFetch,          ///< a window in the input registers
  kWaitProducts,       ///< the last conversions of a product
  kWaitOutput,         ///< a free slot of the output registers
  kWaitSpace,          ///< the completion of an earlier group
  kWaitSums,           ///< the next group's sums
  kWaitPartials,       ///< partial sums of other tiles
  kWaitPartialCredit,  ///< room for partial sums at the aggregator
  kWaitBranch,         ///< pixels of the second operand
  kWaitNextLayer,      ///< room in the input buffer of the next layer
  kWaitNetwork,        ///< room in the network interface
  // What a wait for a packet turns out to have been, once the packet is there.
  kNocLatency,        ///< its head's way through an idle network
  kNocSerialisation,  ///< its flits behind the first head
  kNocContention,     ///< its waiting for other packets and for room
  kWaitReceive,       ///< packets that the tile takes before it
  kCount,
};
inline constexpr std::size_t kActivities = static_cast<std::size_t>(Activity::kCount);
const char* name_of(Activity activity);
/// True for work, false for waiting.
bool is_service(Activity activity);

/// Picoseconds by activity.
using ActivityTimes = std::array<std::uint64_t, kActivities>;

}  // namespace kirchhoff::hw
