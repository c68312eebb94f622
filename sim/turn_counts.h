#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hw/chip/chip.h"
#include "mapping/mapping.h"
#include "quant/network/network.h"

namespace kirchhoff::sim {

/// Turns of an inference (hw/common/turns.h).
struct TurnSet {
  bool host = false;
  std::vector<quant::LayerId> layers;  ///< in order
  bool empty() const { return !host && layers.empty(); }
};

/// The host and the layers that exchange packets with a layer, or with the host (no layer): whose
/// counters its turn moves besides its own.
struct TurnNeighbours {
  std::vector<quant::LayerId> producers, consumers;
};
/// Ascending, each once in each list.
TurnNeighbours neighbours(const quant::Network& network, std::optional<quant::LayerId> layer);

/// Of the counters that a ledger charges for, in its order.
using ChargedCounts = std::vector<std::uint64_t>;

/// What happened in one turn.
struct MeasuredTurn {
  std::optional<quant::LayerId> layer;  ///< none: the host
  std::uint64_t duration_ps = 0;        ///< until the next turn may begin
  std::uint64_t result_ps = 0;          ///< from its begin to the last result; 0: there was none
  std::uint64_t begin_cycle = 0, end_cycle = 0;  ///< of the layer's windows, since its begin
  /// By layer: that of the turn, its neighbours, and (the host's) the first layer.
  std::vector<std::pair<quant::LayerId, ChargedCounts>> counts;
};

/// Runs some turns of a loaded program: starts the tiles that have one, and reads the counters of
/// the chip at the end of each.
class TurnMeter {
 public:
  /// `charged`: names of the counters. Keeps references to chip, network and mapping.
  TurnMeter(hw::Chip& chip, const quant::Network& network, const mapping::Mapping& mapping,
            const std::vector<std::string>& charged);
  /// Whose tiles take part in these turns: their layers, and who exchanges packets with them.
  IndexedVector<quant::LayerId, bool> expect(const TurnSet& wanted);
  /// `tiles`: of all that take part. Only the wanted turns take place; whoever has one finds its
  /// inputs there, and the others take packets.
  void start(const TurnSet& wanted, const std::vector<hw::TileId>& tiles);
  bool complete() const { return turns_.size() == expected_; }
  std::vector<MeasuredTurn> take() { return std::move(turns_); }

 private:
  void read(const hw::Turns::Turn& turn);
  ChargedCounts counts_of(quant::LayerId layer) const;

  hw::Chip& chip_;
  const quant::Network& network_;
  const mapping::Mapping& mapping_;
  /// Place among the charged of every counter of a tile, then of every one of a layer's packets;
  /// -1: not charged.
  std::vector<int> of_tile_, of_traffic_;
  const std::size_t charged_;
  std::size_t expected_ = 0;
  IndexedVector<quant::LayerId, ChargedCounts> before_;
  std::vector<MeasuredTurn> turns_;
};

}  // namespace kirchhoff::sim
