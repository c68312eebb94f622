#include "sim/explain_scopes.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace kirchhoff::sim {

namespace {

hw::Work work_of(const LayerReport& layer, int images) {
  hw::Work work;
  work.windows = static_cast<double>(layer.windows) * images;
  work.weight_bits = layer.weight_bits;
  work.activation_bits = layer.activation_bits;
  work.rows = layer.rows;
  work.columns = layer.columns;
  work.pool = layer.pool;
  const auto requantised = layer.counters.find("requantised");
  work.last = requantised != layer.counters.end() && requantised->second == 0;
  return work;
}

void set_blocks(Scope& scope, std::vector<BlockShape> blocks) {
  const double all = static_cast<double>(blocks.size()) * scope.work.copies;
  scope.work.slices = blocks.empty() ? 0 : scope.allocation.pairs / all;
  scope.work.blocks = std::move(blocks);
}

}  // namespace

Scopes::Scopes(const CostReport& report, const hw::ChipConfig& config) {
  const Ledger ledger(config);
  for (const LayerReport& layer : report.layers) {
    Scope of_layer;
    of_layer.prefix = fmt::format("layer{}", layers.size());
    of_layer.title = fmt::format("layer {}, {}", layers.size(), layer.name);
    of_layer.energy = layer.energy;
    of_layer.instances = layer.instances;
    of_layer.allocation = layer.allocation;
    of_layer.counters = &layer.counters;
    of_layer.layer = &layer;
    of_layer.work = work_of(layer, report.images);
    of_layer.work.whole_layer = true;
    of_layer.work.copies = layer.copies;
    std::vector<BlockShape> blocks;  // of the first copy, whose tiles come first
    for (const TileReport& tile : layer.tile_reports) {
      Scope of_tile;
      of_tile.prefix = fmt::format("tile{}", index(tile.tile));
      of_tile.title = fmt::format("tile {} at router {}, layer {}", index(tile.tile),
                                  index(tile.router), layer.name);
      of_tile.energy = ledger.energy(tile, report.duration_ns);
      of_tile.loaded = tile.loaded;
      of_tile.held_ns = tile.held_ns;
      of_tile.instances = ledger.instances(tile.allocation);
      of_tile.allocation = tile.allocation;
      of_tile.counters = &tile.counters;
      of_tile.layer = &layer;
      of_tile.work = work_of(layer, report.images);
      of_tile.work.windows = 1.0 * layer.windows_of(tile) * report.images;
      set_blocks(of_tile, tile.blocks);
      if (of_layer.tiles.size() <
          layer.tile_reports.size() / static_cast<std::size_t>(layer.copies))
        blocks.insert(blocks.end(), tile.blocks.begin(), tile.blocks.end());
      of_layer.tiles.push_back(tiles.size());
      tiles.push_back(std::move(of_tile));
    }
    const auto same_time = [&](const TileReport& tile) {
      return tile.held_ns == layer.tile_reports.front().held_ns;
    };
    if (std::all_of(layer.tile_reports.begin(), layer.tile_reports.end(), same_time))
      of_layer.held_ns = layer.tile_reports.front().held_ns;
    set_blocks(of_layer, std::move(blocks));
    layers.push_back(std::move(of_layer));
  }
  unused.prefix = "unused";
  unused.title = "hardware that no layer has";
  unused.energy = report.unused.energy;
  unused.instances = report.unused.instances;
  unused.allocation = report.unused.allocation;
  has_unused = !report.unused.energy.empty();
}

const Scope* Scopes::find(const std::string& prefix) const {
  for (const Scope& scope : layers)
    if (scope.prefix == prefix) return &scope;
  for (const Scope& scope : tiles)
    if (scope.prefix == prefix) return &scope;
  return has_unused && prefix == "unused" ? &unused : nullptr;
}

const Scope* Scopes::find_named(const std::string& layer) const {
  for (const Scope& scope : layers)
    if (scope.layer->name == layer) return &scope;
  return nullptr;
}

std::vector<const Scope*> Scopes::summands() const {
  std::vector<const Scope*> all;
  for (const Scope& scope : layers) all.push_back(&scope);
  if (has_unused) all.push_back(&unused);
  return all;
}

}  // namespace kirchhoff::sim
