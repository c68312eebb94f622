#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <vector>

#include "hw/noc/topology.h"
#include "mapping/mapping.h"
#include "quant/network/tensors.h"
#include "sim/simulator.h"
#include "sim/turn_memo.h"

namespace kirchhoff::sim {

/// Costs of policies as sums of turns (hw/common/turns.h), when layers follow one another
/// (chip.schedule = sequential). What happens in a turn follows from the layer's shape, from where
/// its tiles lie and those that they exchange packets with, and from the widths of the maps that it
/// reads and makes; weight bits only multiply what crossbar pairs do. So each turn is simulated
/// once, cycle by cycle, whatever policies it is part of, and the sum equals Simulator::cost() to
/// the last bit.
///
/// Layers that overlap, and images of a batch, have one turn all together, which follows from all
/// of that: policies whose differences take no time share it.
///
/// A network that passes the chip in rounds is simulated as a whole, policy by policy.
class TurnCosts {
 public:
  /// `simulator` outlives it. `memo`: turns that are known already.
  explicit TurnCosts(Simulator& simulator, TurnMemo memo = TurnMemo());
  ~TurnCosts();

  /// CostReport::compared() of Simulator::cost(policy), of as many images as cost.batch says.
  CostTotals totals(const quant::Policy& policy);

  /// Turns that totals() has asked for, and those that it had to simulate.
  std::size_t asked() const { return asked_; }
  std::size_t simulated() const { return simulated_; }

 private:
  /// A layer on its tiles, wherever these lie.
  struct Plan {
    mapping::LayerShares shares;  ///< its tiles begin at 0
    std::int64_t division = 0;    ///< digest; plans that differ in slices alone have the same one
    int sum_bits = 0;
  };
  /// A plan at its place.
  struct Placed {
    hw::Allocation allocation;
    std::vector<double> instances;  ///< Ledger::instance_counts()
    double power_rated_mw = 0;
  };

  const Plan& plan_of(quant::LayerId layer, const quant::Policy& policy,
                      const mapping::CopyGrids& grids);
  const Placed& placed(quant::LayerId layer, const Plan& plan, int begin);
  void lay_out(const quant::Policy& policy);
  CostTotals whole(const quant::Policy& policy);
  TurnKey key_of(std::optional<quant::LayerId> layer, const quant::Policy& policy) const;
  TurnKey key_of_all(const quant::Policy& policy) const;
  void add_widths(TurnKey& key, quant::LayerId layer, const quant::Policy& policy) const;
  void find_turns(const quant::Policy& policy);
  void find_turn_of_all(const quant::Policy& policy);
  void store(const TurnKey& key, MeasuredTurn turn);
  void add_neighbour(TurnKey& key, quant::LayerId layer) const;
  void divide_by_slices(ChargedCounts& counts, int slices) const;
  CostTotals sum();

  Simulator& simulator_;
  const bool all_at_once_;  ///< one turn
  const quant::Network network_;
  const Ledger& ledger_;
  const mapping::Partitioner partitioner_;
  const quant::Tensors tensors_;
  const hw::Topology topology_;
  std::vector<bool> of_pairs_;  ///< by charged counter: PeCounters::visit_pairs()
  IndexedVector<quant::LayerId, TurnNeighbours> neighbours_;
  TurnNeighbours of_host_;

  IndexedVector<quant::LayerId, std::map<std::vector<int>, std::unique_ptr<Plan>>> plans_;
  IndexedVector<quant::LayerId, std::map<std::pair<const Plan*, int>, Placed>> placed_;
  TurnMemo memo_;  ///< counts of a layer's own pairs per slice

  // Of the policy at hand.
  IndexedVector<quant::LayerId, const Plan*> plan_;
  IndexedVector<quant::LayerId, int> begin_;  ///< first tile
  std::vector<const MeasuredTurn*> turn_;     ///< the host's, then the layers'; or that of all

  std::size_t asked_ = 0, simulated_ = 0;
};

}  // namespace kirchhoff::sim
