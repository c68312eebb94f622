#include "quant/accuracy/stage_kernel.h"

#include <utility>

#include "quant/accuracy/cell_convolution.h"
#include "quant/accuracy/column_convolution.h"
#include "quant/accuracy/depthwise_convolution.h"
#include "quant/accuracy/pair_convolution.h"
#include "quant/accuracy/reduction.h"
#include "quant/accuracy/tile_convolution.h"

namespace kirchhoff::quant {

std::unique_ptr<const StageKernel> make_stage_kernel(const Stage& stage, const AdcModel* adc) {
  const Layer& layer = stage.layer;
  if (!layer.has_weights()) return std::make_unique<Reduction>(layer);
  if (adc != nullptr && on_crossbars(layer, adc->grouped)) {
    if (adc->cells) {
      return std::make_unique<CellConvolution>(
          layer, pack_cell_columns(*adc, stage.id, layer, *stage.weights, stage.weight_bits));
    }
    AdcColumns columns = pack_adc_columns(*adc, layer, *stage.weights, stage.weight_bits);
    if (!columns.lossless()) return std::make_unique<ColumnConvolution>(layer, std::move(columns));
  }
  if (!stage.last && winograd_pays(layer))
    return std::make_unique<TileConvolution>(layer, *stage.weights, stage.input_signed);
  if (DepthwiseConvolution::takes(layer))
    return std::make_unique<DepthwiseConvolution>(layer, *stage.weights);
  return std::make_unique<PairConvolution>(layer, *stage.weights);
}

}  // namespace kirchhoff::quant
