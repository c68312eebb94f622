#include "sim/turn_counts.h"

#include <algorithm>

#include "mapping/program.h"
#include "sim/start_tile.h"

namespace kirchhoff::sim {

namespace {

void keep_each_once(std::vector<quant::LayerId>& layers) {
  std::sort(layers.begin(), layers.end());
  layers.erase(std::unique(layers.begin(), layers.end()), layers.end());
}

bool reads(const quant::Layer& layer, quant::TensorId map) {
  const auto has = [&](const auto& maps) {
    return std::find(maps.begin(), maps.end(), map) != maps.end();
  };
  return has(layer.inputs) || has(layer.residual);
}

int place_in(const std::vector<std::string>& names, const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? -1 : static_cast<int>(found - names.begin());
}

}  // namespace

bool charges_times(const std::vector<std::string>& charged) {
  const auto is_time = [](const std::string& counter) {
    const auto& times = hw::time_counters();
    return counter == hw::kFillCounter ||
           std::any_of(times.begin(), times.end(),
                       [&](const hw::TimeCounter& time) { return time.name == counter; });
  };
  return std::any_of(charged.begin(), charged.end(), is_time);
}

TurnNeighbours neighbours(const quant::Network& network, std::optional<quant::LayerId> layer) {
  TurnNeighbours all;
  const quant::TensorId output = layer ? quant::output_of(*layer) : quant::kImage;
  for (const quant::LayerId l : network.layers.ids()) {
    if (reads(network.layers[l], output)) all.consumers.push_back(l);
  }
  if (!layer) return all;
  const quant::Layer& own = network.layers[*layer];
  for (const auto* maps : {&own.inputs, &own.residual}) {
    for (const quant::TensorId map : *maps) {
      if (map != quant::kImage) all.producers.push_back(quant::producer_of(map));
    }
  }
  keep_each_once(all.producers);
  return all;
}

ChargedCounters::ChargedCounters(hw::Chip& chip, const mapping::Mapping& mapping,
                                 const std::vector<std::string>& charged)
    : chip_(chip), mapping_(mapping), charged_(charged.size()) {
  hw::TileCounters().visit([&](const char* name, std::uint64_t, const char*) {
    of_tile_.push_back(place_in(charged, name));
  });
  hw::LayerTraffic().visit([&](const char* name, std::uint64_t, const char*) {
    of_traffic_.push_back(place_in(charged, name));
  });
}

ChargedCounts ChargedCounters::of(quant::LayerId layer) const {
  ChargedCounts counts(charged_, 0);
  const auto add = [&](const std::vector<int>& places, std::size_t& i, std::uint64_t value) {
    const int place = places[i++];
    if (place >= 0) counts[static_cast<std::size_t>(place)] += value;
  };
  for (const mapping::LogicalTile t : mapping_.layers[layer].tile_ids()) {
    std::size_t i = 0;
    chip_.tile(mapping_.position[t])
        .counters()
        .visit([&](const char*, std::uint64_t value, const char*) { add(of_tile_, i, value); });
  }
  const auto traffic = chip_.noc().traffic_of(mapping::label_of(layer));
  std::size_t i = 0;
  traffic.visit([&](const char*, std::uint64_t value, const char*) { add(of_traffic_, i, value); });
  return counts;
}

void ChargedCounters::add_span(LayerCounts& counts, std::uint64_t epoch) const {
  bool first = true;
  for (const mapping::LogicalTile t : mapping_.layers[counts.layer].tile_ids()) {
    const hw::ControllerCounters of = chip_.tile(mapping_.position[t]).controller().counters();
    counts.begin_cycle = first ? of.begin : std::min<std::uint64_t>(counts.begin_cycle, of.begin);
    counts.end_cycle = std::max<std::uint64_t>(counts.end_cycle, of.end);
    first = false;
  }
  counts.begin_cycle -= epoch;
  counts.end_cycle -= epoch;
}

MeasuredTurn measured_run(hw::Chip& chip, const mapping::Mapping& mapping,
                          const std::vector<std::string>& charged) {
  const ChargedCounters counters(chip, mapping, charged);
  const std::vector<hw::ImageTimes>& times = chip.host().times();
  MeasuredTurn run;
  run.result_ps = (times.back().last_result - times.front().first_pixel).value();
  for (const quant::LayerId l : mapping.layers.ids()) {
    run.layers.push_back({l, true, 0, 0, counters.of(l)});
    counters.add_span(run.layers.back(), 0);
  }
  return run;
}

TurnMeter::TurnMeter(hw::Chip& chip, const quant::Network& network, const mapping::Mapping& mapping,
                     const std::vector<std::string>& charged)
    : chip_(chip), network_(network), mapping_(mapping), counters_(chip, mapping, charged) {}

IndexedVector<quant::LayerId, bool> TurnMeter::expect(const TurnSet& wanted) {
  expected_ = wanted.layers.size() + (wanted.host ? 1 : 0);
  IndexedVector<quant::LayerId, bool> take_part(network_.layers.size());
  const auto add = [&](const TurnNeighbours& others) {
    for (const quant::LayerId l : others.producers) take_part[l] = true;
    for (const quant::LayerId l : others.consumers) take_part[l] = true;
  };
  if (wanted.host) add(neighbours(network_, std::nullopt));
  for (const quant::LayerId l : wanted.layers) {
    take_part[l] = true;
    add(neighbours(network_, l));
  }
  return take_part;
}

void TurnMeter::start(const TurnSet& wanted, const std::vector<hw::TileId>& tiles) {
  chip_.rewind();
  std::vector<hw::TileId> started;
  for (const quant::LayerId l : wanted.layers) {
    for (const mapping::LogicalTile t : mapping_.layers[l].tile_ids()) {
      started.push_back(mapping_.position[t]);
      start_tile(chip_, started.back());
      chip_.tile(started.back()).controller().assume_inputs();
    }
  }
  std::sort(started.begin(), started.end());
  for (const hw::TileId tile : tiles) {
    if (!std::binary_search(started.begin(), started.end(), tile))
      chip_.tile(tile).controller().accept();
  }
  before_.resize(network_.layers.size());
  for (ChargedCounts& counts : before_) counts.assign(counters_.size(), 0);
  if (!wanted.host) chip_.turns()->leave_out_host();
  chip_.turns()->on_end = [this](const hw::Turns::Turn& turn) { read(turn); };
}

void TurnMeter::read(const hw::Turns::Turn& turn) {
  MeasuredTurn measured;
  if (turn.layer) measured.layer = mapping::layer_of(*turn.layer);
  measured.duration_ps = turn.next_ps - turn.begin_ps;
  const std::uint64_t results_ps = chip_.host().times().back().last_result.value();
  if (results_ps > turn.begin_ps) measured.result_ps = results_ps - turn.begin_ps;
  TurnNeighbours others = neighbours(network_, measured.layer);
  std::vector<quant::LayerId> touched = std::move(others.producers);
  touched.insert(touched.end(), others.consumers.begin(), others.consumers.end());
  // The host's packets are counted as those of the first layer.
  touched.push_back(measured.layer.value_or(quant::LayerId{0}));
  keep_each_once(touched);
  for (const quant::LayerId l : touched) {
    const ChargedCounts now = counters_.of(l);
    LayerCounts layer{l, l == measured.layer, 0, 0, now};
    for (std::size_t i = 0; i < now.size(); ++i) layer.counts[i] -= before_[l][i];
    before_[l] = now;
    if (layer.own) counters_.add_span(layer, chip_.clocks().tile.cycle_at_ps(turn.begin_ps));
    measured.layers.push_back(std::move(layer));
  }
  turns_.push_back(std::move(measured));
}

}  // namespace kirchhoff::sim
