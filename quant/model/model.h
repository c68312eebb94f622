#pragma once

#include <optional>
#include <string>
#include <vector>

#include "quant/network/network.h"

namespace kirchhoff::quant {

/// Trained float parameters of one weight layer, batch norm already folded.
struct FloatLayer {
  std::vector<float> weights;  ///< out_channels x rows(), each row in the order of Layer::rows()
  std::vector<float> bias;     ///< out_channels
};

/// Clips that a model was fine-tuned with, for the widths of one policy.
struct TunedClips {
  std::string policy;                    ///< as Policy::to_string() writes it
  IndexedVector<LayerId, float> weight;  ///< of every layer at its weight bits: [-c, c]
  /// Of every layer's input at its activation bits: [0, c].
  IndexedVector<LayerId, float> activation;
};

/// A trained network. The image enters as pixel/255 in [0, 1].
struct Model {
  Network network;
  std::string dataset;  ///< what it was trained on, for example "fashion-mnist"
  IndexedVector<LayerId, FloatLayer> layers;
  std::optional<TunedClips> clips;  ///< of a fine-tuned model
  bool half = false;  ///< the file holds half-precision values; the layers' must be such values
  /// The training command and the accuracies that it reached, one line of JSON.
  std::string provenance;
};

/// Reads a model file. InputError names the file, the offset, what was found and what is allowed.
Model load_model(const std::string& path, const Network& network);
/// Writes it whole or not at all.
void save_model(const Model& model, const std::string& path);
/// `<exe>/models` or the installed share folder: NETWORK-DATASET.kmodel; InputError lists where
/// it looked.
std::string find_model(const std::string& network, const std::string& dataset);

}  // namespace kirchhoff::quant
