#include "sim/turn_costs.h"

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "sim/collect.h"

namespace kirchhoff::sim {

namespace {

std::vector<bool> counters_of_pairs(const std::vector<std::string>& charged) {
  std::vector<bool> of_pairs(charged.size(), false);
  hw::PeCounters().visit_pairs([&](const char* name, std::uint64_t, const char*) {
    const auto found = std::find(charged.begin(), charged.end(), name);
    if (found != charged.end()) of_pairs[static_cast<std::size_t>(found - charged.begin())] = true;
  });
  return of_pairs;
}

// How a layer's work is shared out, whatever its weights' slices.
std::int64_t division_of(const mapping::LayerShares& shares) {
  std::vector<int> parts = {shares.layer.blocks_per_pe, shares.layer.grid.rows,
                            shares.layer.grid.columns, shares.tiles.front().piece.sparse};
  for (const mapping::TileShare& share : shares.tiles) {
    parts.insert(parts.end(),
                 {share.channel_begin, share.channels, share.buffer_rows, share.residual.begin,
                  share.residual.count, share.residual_rows, static_cast<int>(share.blocks.size()),
                  static_cast<int>(share.columns.size())});
  }
  for (const mapping::ChannelRange& columns : shares.layer.columns) parts.push_back(columns.count);
  Digest digest;
  digest.add(parts.data(), parts.size() * sizeof(int));
  return static_cast<std::int64_t>(digest.value());
}

}  // namespace

TurnCosts::TurnCosts(Simulator& simulator, TurnMemo memo)
    : simulator_(simulator),
      all_at_once_(simulator.config().schedule != hw::Schedule::kSequential ||
                   simulator.config().cost.batch > 1),
      network_(simulator.network()),
      ledger_(simulator.sizes_ledger()),
      partitioner_(network_, simulator.config()),
      tensors_(network_),
      topology_(simulator.config().mesh_width, simulator.config().mesh_height,
                simulator.config().noc),
      of_pairs_(counters_of_pairs(ledger_.charged())),
      of_host_(neighbours(network_, std::nullopt)),
      memo_(std::move(memo)) {
  for (const quant::LayerId l : network_.layers.ids())
    neighbours_.push_back(neighbours(network_, l));
  plans_.resize(network_.layers.size());
  placed_.resize(network_.layers.size());
}

TurnCosts::~TurnCosts() = default;

CostTotals TurnCosts::totals(const quant::Policy& policy) {
  lay_out(policy);
  const int tiles = begin_.back() + plan_.back()->shares.layer.tiles;
  // In rounds, or it says why not.
  if (tiles > mapping::room_of(simulator_.config())) return whole(policy);
  if (all_at_once_) {
    find_turn_of_all(policy);
  } else {
    find_turns(policy);
  }
  return sum();
}

CostTotals TurnCosts::whole(const quant::Policy& policy) {
  const int images = simulator_.config().cost.batch;
  return simulator_.cost(policy, images).compared(images);
}

// Every layer's plan, one behind the other.
void TurnCosts::lay_out(const quant::Policy& policy) {
  plan_.clear();
  begin_.clear();
  int begin = 0;
  const mapping::CopyGrids grids = partitioner_.grids(policy);
  for (const quant::LayerId l : network_.layers.ids()) {
    plan_.push_back(&plan_of(l, policy, grids));
    begin_.push_back(begin);
    begin += plan_.back()->shares.layer.tiles;
  }
}

const TurnCosts::Plan& TurnCosts::plan_of(quant::LayerId l, const quant::Policy& policy,
                                          const mapping::CopyGrids& grids) {
  const quant::Layer& layer = network_.layers[l];
  const int residual = layer.residual.empty() ? 0 : tensors_.bits(layer.residual.front(), policy);
  std::unique_ptr<Plan>& plan =
      plans_[l][{policy.layers[l].weight, policy.layers[l].activation,
                 tensors_.bits(layer.inputs.front(), policy), residual, grids[l].rows,
                 grids[l].columns, partitioner_.sparse(l, grids)}];
  if (!plan) {
    plan = std::make_unique<Plan>();
    plan->shares = partitioner_.layer(l, policy, mapping::LogicalTile{0}, grids);
    plan->division = division_of(plan->shares);
    plan->sum_bits =
        hw::sum_bits(policy.layers[l].weight, policy.layers[l].activation, layer.rows());
  }
  return *plan;
}

const TurnCosts::Placed& TurnCosts::placed(quant::LayerId layer, const Plan& plan, int begin) {
  const auto [found, first] = placed_[layer].try_emplace({&plan, begin});
  Placed& placed = found->second;
  if (!first) return placed;
  for (const mapping::LogicalTile t : plan.shares.layer.tile_ids()) {
    const hw::TileId place =
        mapping::place_of(mapping::LogicalTile{begin + index(t)}, simulator_.config().mesh_width);
    placed.allocation +=
        allocation_at(simulator_.config(), topology_, plan.shares.layer,
                      plan.shares.tiles[static_cast<std::size_t>(index(t))], t, place);
  }
  placed.instances = ledger_.instance_counts(placed.allocation);
  for (const InstanceEntry& entry : ledger_.instances(placed.allocation))
    placed.power_rated_mw += entry.power_mw();
  return placed;
}

void TurnCosts::add_neighbour(TurnKey& key, quant::LayerId layer) const {
  key.push_back(plan_[layer]->division);
  key.push_back(begin_[layer]);
}

TurnKey TurnCosts::key_of(std::optional<quant::LayerId> layer, const quant::Policy& policy) const {
  if (!layer) {
    TurnKey key = {-1, tensors_.bits(quant::kImage, policy)};
    for (const quant::LayerId l : of_host_.consumers) add_neighbour(key, l);
    return key;
  }
  TurnKey key = {index(*layer)};
  add_widths(key, *layer, policy);
  add_neighbour(key, *layer);
  for (const quant::LayerId l : neighbours_[*layer].producers) add_neighbour(key, l);
  for (const quant::LayerId l : neighbours_[*layer].consumers) add_neighbour(key, l);
  return key;
}

TurnKey TurnCosts::key_of_all(const quant::Policy& policy) const {
  TurnKey key = {-2, simulator_.config().cost.batch, tensors_.bits(quant::kImage, policy)};
  for (const quant::LayerId l : network_.layers.ids()) {
    add_widths(key, l, policy);
    add_neighbour(key, l);
  }
  return key;
}

void TurnCosts::add_widths(TurnKey& key, quant::LayerId l, const quant::Policy& policy) const {
  const quant::Layer& layer = network_.layers[l];
  const Plan& plan = *plan_[l];
  // Where no crossbar holds the weights, their bits may take time.
  const bool on_crossbars = plan.shares.layer.crossbars > 0;
  key.insert(key.end(), {on_crossbars ? 0 : policy.layers[l].weight, policy.layers[l].activation,
                         tensors_.bits(layer.inputs.front(), policy),
                         layer.residual.empty() ? 0 : tensors_.bits(layer.residual.front(), policy),
                         network_.is_output(l) ? 0 : tensors_.bits(quant::output_of(l), policy),
                         plan.sum_bits});
}

void TurnCosts::find_turns(const quant::Policy& policy) {
  std::vector<TurnKey> keys = {key_of(std::nullopt, policy)};
  for (const quant::LayerId l : network_.layers.ids()) keys.push_back(key_of(l, policy));
  asked_ += keys.size();
  const auto place = [](quant::LayerId l) { return static_cast<std::size_t>(index(l)) + 1; };
  TurnSet missing;
  missing.host = !memo_.find(keys.front());
  for (const quant::LayerId l : network_.layers.ids()) {
    if (!memo_.find(keys[place(l)])) missing.layers.push_back(l);
  }
  if (!missing.empty()) {
    for (MeasuredTurn& turn : simulator_.measure_turns(policy, missing)) {
      const std::size_t at = turn.layer ? place(*turn.layer) : 0;
      store(keys[at], std::move(turn));
    }
  }
  turn_.clear();
  for (const TurnKey& key : keys) turn_.push_back(memo_.find(key));
}

void TurnCosts::find_turn_of_all(const quant::Policy& policy) {
  const TurnKey key = key_of_all(policy);
  ++asked_;
  if (!memo_.find(key)) store(key, simulator_.measure_run(policy, simulator_.config().cost.batch));
  turn_ = {memo_.find(key)};
}

void TurnCosts::store(const TurnKey& key, MeasuredTurn turn) {
  for (LayerCounts& layer : turn.layers) {
    if (layer.own) divide_by_slices(layer.counts, plan_[layer.layer]->shares.layer.slices);
  }
  memo_.store(key, std::move(turn));
  ++simulated_;
}

// Every slice has pairs of its own, and all of them do the same.
void TurnCosts::divide_by_slices(ChargedCounts& counts, int slices) const {
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (!of_pairs_[i] || slices == 0) continue;
    sc_assert(counts[i] % static_cast<std::uint64_t>(slices) == 0);
    counts[i] /= static_cast<std::uint64_t>(slices);
  }
}

// In the order in which reports add up, so that the last bit is theirs, too.
CostTotals TurnCosts::sum() {
  const std::size_t charged = ledger_.charged().size();
  IndexedVector<quant::LayerId, ChargedCounts> counts(network_.layers.size());
  for (ChargedCounts& of_layer : counts) of_layer.assign(charged, 0);
  IndexedVector<quant::LayerId, std::uint64_t> cycles(network_.layers.size());
  std::uint64_t latency_ps = 0;
  for (const MeasuredTurn* turn : turn_) {
    latency_ps += turn == turn_.back() ? turn->result_ps : turn->duration_ps;
    for (const LayerCounts& layer : turn->layers) {
      if (layer.own) cycles[layer.layer] = layer.end_cycle - layer.begin_cycle;
      const auto slices =
          layer.own
              ? static_cast<std::uint64_t>(std::max(1, plan_[layer.layer]->shares.layer.slices))
              : 1;
      ChargedCounts& sum = counts[layer.layer];
      for (std::size_t i = 0; i < charged; ++i)
        sum[i] += layer.counts[i] * (of_pairs_[i] ? slices : 1);
    }
  }
  CostTotals totals;
  totals.latency_ns = static_cast<double>(latency_ps) / 1000.0;
  const double period_ns = hw::Clock(simulator_.config().clock.tile_mhz).period_ns();
  hw::Allocation used;
  std::vector<const Placed*> layers;
  for (const quant::LayerId l : network_.layers.ids()) {
    layers.push_back(&placed(l, *plan_[l], begin_[l]));
    used += layers.back()->allocation;
  }
  const UnusedReport unused =
      unused_hardware(simulator_.config(), ledger_, used, totals.latency_ns);
  totals.energy_pj = unused.energy_pj();
  totals.power_rated_mw = unused.power_rated_mw();
  for (const quant::LayerId l : network_.layers.ids()) {
    const Placed& layer = *layers[static_cast<std::size_t>(index(l))];
    const double layer_ns = static_cast<double>(cycles[l]) * period_ns;
    totals.energy_pj += ledger_.energy_pj(layer.instances, counts[l], totals.latency_ns, layer_ns);
    totals.power_rated_mw += layer.power_rated_mw;
  }
  return totals;
}

}  // namespace kirchhoff::sim
