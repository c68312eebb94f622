#pragma once

#include <optional>
#include <string>
#include <vector>

#include "quant/network/networks.h"
#include "quant/network/weight_quantizer.h"

namespace kirchhoff::quant {

/// Clips that a model was fine-tuned with, or that its file came with, for the widths of one
/// policy.
struct TunedClips {
  std::string policy;                    ///< as Policy::to_string() writes it
  IndexedVector<LayerId, float> weight;  ///< of every layer at its weight bits: [-c, c]
  /// Of every map but the network's result at its bits: [0, c], or [-c, c] with a sign.
  IndexedVector<TensorId, float> activation;
  /// Of every output channel in place of `weight`, where a layer's channels have clips of their
  /// own; empty where none has.
  IndexedVector<LayerId, std::vector<float>> channel = {};
  /// What the weights were rounded to; the clip of a codebook is that of its entries.
  WeightQuantizer weights = WeightQuantizer::kLinear;
};

/// A trained network. The image enters as pixel/255 in [0, 1].
struct Model {
  Network network;
  std::string dataset;  ///< what it was trained on, for example "fashion-mnist"
  IndexedVector<LayerId, FloatLayer> layers;
  std::optional<TunedClips> clips;  ///< of a fine-tuned or quantised model
  bool half = false;  ///< the file holds half-precision values; the layers' must be such values
  /// The training command and the accuracies that it reached, one line of JSON.
  std::string provenance;
};

/// What a network's file has learnt, trained on `dataset`; none where it holds nothing.
std::optional<Model> described_model(const DescribedNetwork& network, const std::string& dataset);

/// Reads a model file: our own, or *.safetensors. InputError names the file, the offset, what was
/// found and what is allowed.
Model load_model(const std::string& path, const Network& network);
/// The same; a safetensors file of another program has the parameters of every operator, named as
/// PyTorch names them: NAME.weight and NAME.bias, of a batch norm running_mean and running_var,
/// too.
Model load_model(const std::string& path, const Graph& graph);
/// What model files end in unless somebody names one otherwise.
inline constexpr const char* kModelSuffix = ".safetensors";
/// Writes it whole or not at all: as safetensors where the path ends so, and in our own format.
void save_model(const Model& model, const std::string& path);
/// The model of a network and a dataset in a folder, NETWORK-DATASET.kmodel or .safetensors; empty:
/// there is none.
std::string model_in(const std::string& folder, const std::string& network,
                     const std::string& dataset);
/// The same in `<exe>/models` or the installed share folder; InputError lists where it looked.
std::string find_model(const std::string& network, const std::string& dataset);

}  // namespace kirchhoff::quant
