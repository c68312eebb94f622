#pragma once

#include <string>
#include <vector>

#include "base/indexed.h"
#include "quant/network/function.h"
#include "quant/network/shape.h"

namespace kirchhoff::quant {

/// A stage of a network: what lower() makes of a graph of operators, and all that mapping, chip,
/// inference and reports know of it.
enum class LayerId : int {};

/// An activation map that layers take: the image is 0, what layer l makes is l + 1.
enum class TensorId : int {};
inline constexpr TensorId kImage{0};
constexpr TensorId output_of(LayerId layer) { return TensorId{index(layer) + 1}; }
/// Of a map that is not the image.
constexpr LayerId producer_of(TensorId map) { return LayerId{index(map) - 1}; }

enum class LayerKind {
  kConvolution,     ///< a matrix on crossbars, over windows
  kFullyConnected,  ///< the same with one window, the whole map
  kSum,             ///< every channel's sum over a window, in the SFU: averages and additions
  kMaximum,         ///< every channel's maximum over a window, in the SFU
};
const char* name_of(LayerKind kind);

/// One stage: a matrix of weights or a reduction over windows, and what follows it up to the next
/// stage. In this order:
///
///   sums over the window -> + bias, scaled -> + the second operand -> function -> max-pooling
///
/// A fully connected layer is a convolution whose kernel is its whole input map, so that every
/// later stage (mapping, chip, golden inference) knows windows only.
struct Layer {
  std::string name;  ///< as in reports, for example "C1"
  LayerKind kind = LayerKind::kConvolution;
  /// Maps that enter, channel after channel: several are a concatenation.
  std::vector<TensorId> inputs = {kImage};
  /// The second operand of a sum, likewise; empty: none. Of the shape that convolved() says.
  std::vector<TensorId> residual;
  Shape input;  ///< map that enters, before padding
  int out_channels = 0;
  int kernel_height = 1;
  int kernel_width = 1;
  Extent stride;
  Extent dilation;
  Padding padding;  ///< zeros around the input map; a maximum passes them over
  int groups = 1;   ///< of channels that see only their own; divides both counts
  Function function = Function::relu();  ///< none for the last layer, which delivers its sums
  int pool = 1;  ///< max-pooling window and stride after the function; 1 = none

  bool average = false;         ///< kSum: divided by the pixels of the window
  bool counts_padding = false;  ///< of an average: the padding's pixels, too
  bool ceil_mode = false;       ///< kSum, kMaximum: a last window may hang over the map's end

  /// Its sums are products with weights on crossbars.
  bool has_weights() const {
    return kind == LayerKind::kConvolution || kind == LayerKind::kFullyConnected;
  }
  /// Every output sees one channel, and there are several of those.
  bool is_depthwise() const {
    return kind == LayerKind::kConvolution && groups > 1 && groups == input.channels;
  }
  /// Rows of the unrolled weight matrix of one group, Cin/groups*Kh*Kw. Row index of a channel of
  /// the group = (c*Kh + ky)*Kw + kx. Without weights: pixels of a window.
  int rows() const { return channels_per_window() * kernel_height * kernel_width; }
  /// Rows of all groups: what lies on crossbars, one block diagonal behind the other.
  int all_rows() const { return groups * rows(); }
  int group_of(int out_channel) const { return out_channel / (out_channels / groups); }
  Sweep sweep() const { return {{kernel_height, kernel_width}, stride, dilation, padding}; }
  /// Map of the sums themselves, before pooling.
  Shape convolved() const;
  /// Map that leaves the layer: pooled with floor, so windows outside a full pooling window do not
  /// count.
  Shape output() const;
  /// Window positions that the layer computes: those that reach its output.
  /// Equals the windows of the paper's eq. (8) whenever pooling divides the map.
  int windows() const { return output().height * output().width * pool * pool; }
  /// Multiply-accumulates per image; none without weights.
  long long macs() const {
    return has_weights() ? static_cast<long long>(windows()) * rows() * out_channels : 0;
  }
  long long weights() const {
    return has_weights() ? static_cast<long long>(rows()) * out_channels : 0;
  }

 private:
  int channels_per_window() const { return has_weights() ? input.channels / groups : 1; }
};

}  // namespace kirchhoff::quant
