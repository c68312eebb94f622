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

/// Whether a chip charges for how long its tiles did or waited for something (hw::TileTimes).
bool charges_times(const std::vector<std::string>& charged);

/// What a layer's tiles and packets did in a turn.
struct LayerCounts {
  quant::LayerId layer{};
  bool own = false;  ///< its windows are of this turn; else it only exchanges packets
  std::uint64_t begin_cycle = 0, end_cycle = 0;  ///< of its windows, since the turn's begin
  ChargedCounts counts;
};

/// What happened in one turn, or in a run of layers that overlap: a turn of all of them.
struct MeasuredTurn {
  std::optional<quant::LayerId> layer;  ///< none: the host, or all
  std::uint64_t duration_ps = 0;        ///< until the next turn may begin; 0: there is none
  std::uint64_t result_ps = 0;          ///< from its begin to the last result; 0: there was none
  /// That of the turn, its neighbours, and (the host's) the first layer; or all.
  std::vector<LayerCounts> layers;
};

/// Reads counters of a chip as ledgers charge for them, without their names.
class ChargedCounters {
 public:
  /// `charged`: names of the counters. Keeps references.
  ChargedCounters(hw::Chip& chip, const mapping::Mapping& mapping,
                  const std::vector<std::string>& charged);
  std::size_t size() const { return charged_; }
  /// Since the last reset or rewinding of the chip.
  ChargedCounts of(quant::LayerId layer) const;
  /// Cycles of the tile clock in which the layer's first window was fetched and its last one was
  /// handed on, as `counts`' begin and end, less `epoch`.
  void add_span(LayerCounts& counts, std::uint64_t epoch) const;

 private:
  hw::Chip& chip_;
  const mapping::Mapping& mapping_;
  /// Place among the charged of every counter of a tile, then of every one of a layer's packets;
  /// -1: not charged.
  std::vector<int> of_tile_, of_traffic_;
  const std::size_t charged_;
};

/// What happened in a run that is over, from its begin.
MeasuredTurn measured_run(hw::Chip& chip, const mapping::Mapping& mapping,
                          const std::vector<std::string>& charged);

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

  hw::Chip& chip_;
  const quant::Network& network_;
  const mapping::Mapping& mapping_;
  const ChargedCounters counters_;
  std::size_t expected_ = 0;
  IndexedVector<quant::LayerId, ChargedCounts> before_;
  std::vector<MeasuredTurn> turns_;
};

}  // namespace kirchhoff::sim
