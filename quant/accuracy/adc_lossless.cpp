#include "quant/accuracy/adc_lossless.h"

#include <algorithm>
#include <cstddef>

namespace kirchhoff::quant {
namespace {

bool lossless(const AdcModel& adc, const Layer& layer, const FloatLayer& values) {
  if (!on_crossbars(layer, adc.grouped)) return true;
  const auto rows = static_cast<std::size_t>(layer.rows());
  // Offset: what is no weight of a column conducts, too.
  if (adc.lossless(adc.offset ? layer.all_rows() : layer.rows())) return true;
  if (adc.offset || adc.lsb != 1 || adc.cells) return false;
  // Reads of blocks that hold several groups begin anywhere in a group.
  if (adc.rows_per_read > 0 && layer.groups > 1) return false;
  const auto block_rows = static_cast<std::size_t>(adc.block_rows),
             read_rows = static_cast<std::size_t>(adc.read_rows(adc.block_rows));
  for (std::size_t column = 0; column < values.weights.size(); column += rows) {
    for (std::size_t first = 0; first < rows;) {
      const std::size_t block_end = std::min(rows, (first / block_rows + 1) * block_rows),
                        last = std::min(block_end, first + read_rows);
      int positive = 0, negative = 0;
      for (; first < last; ++first) {
        const float weight = values.weights[column + first];
        positive += weight > 0.0f ? 1 : 0;
        negative += weight < 0.0f ? 1 : 0;
      }
      if (adc.can_clip(positive * adc.top_level(), negative * adc.top_level(), true)) return false;
    }
  }
  return true;
}

}  // namespace

bool lossless(const AdcModel& adc, const Model& model) {
  for (const LayerId l : model.layers.ids()) {
    if (!lossless(adc, model.network.layers[l], model.layers[l])) return false;
  }
  return true;
}

}  // namespace kirchhoff::quant
