#pragma once

#include <string>
#include <vector>

#include "base/indexed.h"

namespace kirchhoff::quant {

/// Channels, rows and columns of an activation map.
struct Shape {
  int channels = 0;
  int height = 0;
  int width = 0;

  int size() const { return channels * height * width; }
  bool operator==(const Shape& other) const {
    return channels == other.channels && height == other.height && width == other.width;
  }
};

enum class LayerKind { kConvolution, kFullyConnected };

/// A weight layer of a network.
enum class LayerId : int {};

/// An activation map that layers take: the image is 0, what layer l makes is l + 1.
enum class TensorId : int {};
inline constexpr TensorId kImage{0};
constexpr TensorId output_of(LayerId layer) { return TensorId{index(layer) + 1}; }
/// Of a map that is not the image.
constexpr LayerId producer_of(TensorId map) { return LayerId{index(map) - 1}; }

/// One weight layer with what follows it up to the next weight layer: bias, ReLU, max-pooling.
/// A fully connected layer is a convolution whose kernel is its whole input map, so that every
/// later stage (mapping, chip, golden inference) knows windows only.
struct Layer {
  std::string name;  ///< as in reports, for example "C1"
  LayerKind kind = LayerKind::kConvolution;
  std::vector<TensorId> inputs = {kImage};  ///< one until residual sums exist
  Shape input;                              ///< map that enters, before padding
  int out_channels = 0;
  int kernel_height = 1;
  int kernel_width = 1;
  int stride = 1;
  int padding = 0;   ///< zeros on every side of the input map
  bool relu = true;  ///< false only for the last layer, which delivers its accumulators
  int pool = 1;      ///< max-pooling window and stride after ReLU; 1 = none

  /// Rows of the unrolled weight matrix, Cin*Kh*Kw. Row index = (c*Kh + ky)*Kw + kx.
  int rows() const { return input.channels * kernel_height * kernel_width; }
  /// Map of the convolution itself, before pooling.
  Shape convolved() const;
  /// Map that leaves the layer: pooled with floor, so windows outside a full pooling window do not
  /// count.
  Shape output() const;
  /// Window positions that the layer computes: those that reach its output.
  /// Equals the windows of the paper's eq. (8) whenever pooling divides the map.
  int windows() const { return output().height * output().width * pool * pool; }
  long long macs() const { return static_cast<long long>(windows()) * rows() * out_channels; }
};

/// A quantisable network: weight layers in topological order.
struct Network {
  std::string name;
  Shape image;  ///< of the unsigned 8-bit input, already padded by the dataset reader
  IndexedVector<LayerId, Layer> layers;

  /// Throws InputError naming the layer and the rule that it breaks.
  void validate() const;
};

/// LeNet-5 with dense C3, ReLU and max-pooling, on 1x32x32 (numbers of LeCun et al. 1998).
Network lenet5();
/// The paper's VGG-13 (8 weight layers), on 3x32x32.
Network vgg13();

/// Names of the networks that come with the program.
std::vector<std::string> network_names();
/// One of them or the path of a JSON description; InputError otherwise.
Network find_network(const std::string& name_or_path);
/// Parses a JSON description; `where` names it in errors. The format is in docs/networks.md.
Network parse_network(const std::string& json, const std::string& where);

}  // namespace kirchhoff::quant
