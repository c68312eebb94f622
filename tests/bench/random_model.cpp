#include "tests/bench/random_model.h"

#include <cmath>
#include <random>

#include "quant/network/integer_network.h"

namespace kirchhoff::quant {
namespace {

/// Half the range of a layer's weights.
float spread(const Layer& layer) { return std::sqrt(6.0f / static_cast<float>(layer.rows())); }

}  // namespace

Model random_model(const Network& network) {
  std::mt19937 engine(1);
  Model model;
  model.network = network;
  for (const Layer& layer : network.layers) {
    FloatLayer values;
    if (!layer.has_weights()) {
      model.layers.push_back(std::move(values));
      continue;
    }
    values.weights.resize(static_cast<std::size_t>(layer.rows()) *
                          static_cast<std::size_t>(layer.out_channels));
    for (float& weight : values.weights)
      weight = spread(layer) * (static_cast<float>(engine()) / 2147483648.0f - 1.0f);
    values.bias.assign(static_cast<std::size_t>(layer.out_channels), 0.0f);
    model.layers.push_back(std::move(values));
  }
  return model;
}

ClipTable random_model_clips(const Model& model) {
  ClipTable clips;
  for (const LayerId l : model.layers.ids()) {
    clips.weight.emplace_back().fill(spread(model.network.layers[l]));
    clips.activation.emplace_back().fill(l == LayerId{0} ? 1.0f : 3.0f);
  }
  return clips;
}

Dataset random_images(const Shape& shape, std::size_t images) {
  Dataset data;
  data.shape = shape;
  for (std::size_t i = 0; i < images; ++i) {
    const auto image = random_image(shape, i);
    data.pixels.insert(data.pixels.end(), image.begin(), image.end());
    data.labels.push_back(0);
  }
  return data;
}

}  // namespace kirchhoff::quant
