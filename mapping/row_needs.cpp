#include "mapping/row_needs.h"

#include <algorithm>

#include "base/stop_request.h"

namespace kirchhoff::mapping {
namespace {

using quant::LayerId;
using quant::TensorId;

/// Rows of the map that a layer reads which its output row needs.
int input_rows(const quant::Layer& layer, int row) {
  const int last_window = (row + 1) * layer.pool - 1;
  const int end =
      last_window * layer.stride.height - layer.padding.top + layer.sweep().span().height;
  return std::clamp(end, 0, layer.input.height);
}

/// Rows of it that no output row from `row` on needs.
int rows_done(const quant::Layer& layer, int row) {
  return std::clamp(row * layer.pool * layer.stride.height - layer.padding.top, 0,
                    layer.input.height);
}

/// Raises the rows that are needed of these maps.
void raise(const std::vector<TensorId>& maps, int rows, IndexedVector<TensorId, int>& needed) {
  for (const TensorId map : maps) needed[map] = std::max(needed[map], rows);
}

void raise_operands(const quant::Layer& layer, int row, IndexedVector<TensorId, int>& needed) {
  raise(layer.inputs, input_rows(layer, row), needed);
  raise(layer.residual, (row + 1) * layer.pool, needed);
}

/// Rows of every map that must have been sent before a layer's output row is complete.
IndexedVector<TensorId, int> needed_for(const quant::Network& network, LayerId layer, int row) {
  IndexedVector<TensorId, int> needed(index(output_of(layer)), 0);
  raise_operands(network.layers[layer], row, needed);
  for (LayerId before = layer; before != LayerId{};) {
    before = preceding(before);
    const int rows = needed[output_of(before)];
    if (rows > 0) raise_operands(network.layers[before], rows - 1, needed);
  }
  return needed;
}

int most(const std::vector<TensorId>& maps, const IndexedVector<TensorId, int>& needed) {
  int rows = 0;
  for (const TensorId map : maps) rows = std::max(rows, needed[map]);
  return rows;
}

/// A path that parts and meets again is what makes the rows depend on other layers.
bool joins(const quant::Layer& layer) { return layer.inputs.size() > 1 || !layer.residual.empty(); }

}  // namespace

IndexedVector<LayerId, RowNeeds> row_needs(const quant::Network& network, hw::Schedule schedule) {
  IndexedVector<LayerId, RowNeeds> needs(network.layers.size());
  for (const LayerId l : network.layers.ids()) {
    give_up_if_stopped();
    const quant::Layer& layer = network.layers[l];
    const int height = layer.convolved().height;
    if (schedule == hw::Schedule::kSequential) {
      needs[l] = {layer.input.height, layer.residual.empty() ? 0 : height};
      continue;
    }
    RowNeeds& least = needs[l];
    least.input = std::min(layer.input.height,
                           layer.sweep().span().height + (layer.pool - 1) * layer.stride.height);
    if (!joins(layer)) continue;
    for (int row = 0; row < layer.output().height; ++row) {
      const auto needed = needed_for(network, l, row);
      least.input = std::max(least.input, most(layer.inputs, needed) - rows_done(layer, row));
      if (!layer.residual.empty()) {
        least.residual = std::max(least.residual, most(layer.residual, needed) - row * layer.pool);
      }
    }
  }
  return needs;
}

}  // namespace kirchhoff::mapping
