#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "quant/network/integer_network.h"
#include "quant/quantizer/calibration.h"

namespace kirchhoff::quant {

/// Deterministic, roughly normal: a sum of twelve bytes.
inline std::vector<float> bell_values(std::size_t count, float deviation, std::uint64_t seed) {
  const std::vector<std::uint8_t> bytes = random_image({1, 12, static_cast<int>(count)}, seed);
  std::vector<float> values;
  for (std::size_t i = 0; i < count; ++i) {
    float sum = 0.0f;
    for (std::size_t k = 0; k < 12; ++k)
      sum += static_cast<float>(bytes[12 * i + k]) / 255.0f - 0.5f;
    values.push_back(sum * deviation);
  }
  return values;
}

/// Two convolutions and a classifier with bell-shaped parameters.
inline Model small_model() {
  Model model;
  model.dataset = "random";
  Network& network = model.network;
  network.name = "small";
  network.image = {1, 8, 8};
  const int channels[] = {1, 4, 6};
  Shape map = network.image;
  for (int l = 0; l < 2; ++l) {
    Layer layer;
    layer.name = "conv" + std::to_string(l + 1);
    layer.inputs = {TensorId{l}};
    layer.input = map;
    layer.out_channels = channels[l + 1];
    layer.kernel_height = layer.kernel_width = 3;
    layer.padding = 1;
    layer.pool = 2;
    network.layers.push_back(layer);
    map = layer.output();
  }
  Layer last;
  last.name = "out";
  last.kind = LayerKind::kFullyConnected;
  last.inputs = {TensorId{2}};
  last.input = map;
  last.out_channels = 10;
  last.kernel_height = map.height;
  last.kernel_width = map.width;
  last.function = quant::Function::none();
  network.layers.push_back(last);
  for (const LayerId l : network.layers.ids()) {
    const Layer& layer = network.layers[l];
    const auto number = static_cast<std::uint64_t>(l);
    const float deviation = 1.4f / std::sqrt(static_cast<float>(layer.rows()));
    model.layers.push_back(
        {bell_values(static_cast<std::size_t>(layer.rows() * layer.out_channels), deviation,
                     number + 1),
         bell_values(static_cast<std::size_t>(layer.out_channels), 0.05f, number + 100)});
  }
  return model;
}

/// Plain float inference; hands the inputs of every layer to `visit` and returns the logits.
inline std::vector<double> float_inference(const Model& model,
                                           const std::vector<std::uint8_t>& image,
                                           const ActivationVisitor& visit) {
  std::vector<double> map;
  for (const std::uint8_t pixel : image) map.push_back(pixel / 255.0);
  for (const LayerId l : model.layers.ids()) {
    const Layer& layer = model.network.layers[l];
    const std::vector<float> inputs(map.begin(), map.end());
    visit(layer.inputs.front(), inputs.data(), inputs.size());
    const Shape out = layer.output();
    std::vector<double> next;
    for (int c = 0; c < out.channels; ++c) {
      for (int y = 0; y < out.height; ++y) {
        for (int x = 0; x < out.width; ++x) {
          double best = -1e30;
          for (int p = 0; p < layer.pool * layer.pool; ++p) {
            double sum = model.layers[l].bias[static_cast<std::size_t>(c)];
            for (int r = 0; r < layer.rows(); ++r) {
              const int kx = r % layer.kernel_width,
                        ky = r / layer.kernel_width % layer.kernel_height;
              const int channel = r / layer.kernel_width / layer.kernel_height;
              const int iy =
                  (y * layer.pool + p / layer.pool) * layer.stride.height + ky - layer.padding.top;
              const int ix =
                  (x * layer.pool + p % layer.pool) * layer.stride.width + kx - layer.padding.left;
              if (iy < 0 || iy >= layer.input.height || ix < 0 || ix >= layer.input.width) continue;
              sum += model.layers[l].weights[static_cast<std::size_t>(c * layer.rows() + r)] *
                     map[static_cast<std::size_t>(
                         (channel * layer.input.height + iy) * layer.input.width + ix)];
            }
            best = std::max(best, sum);
          }
          next.push_back(!layer.function.is_none() ? std::max(best, 0.0) : best);
        }
      }
    }
    map = next;
  }
  return map;
}

inline Dataset calibration_images() {
  Dataset data;
  data.name = "random";
  data.shape = {1, 8, 8};
  for (std::size_t i = 0; i < 12; ++i) {
    const std::vector<std::uint8_t> image = random_image(data.shape, 500 + i);
    data.pixels.insert(data.pixels.end(), image.begin(), image.end());
    data.labels.push_back(0);
  }
  return data;
}

inline ActivationPass float_pass(const Model& model, const Dataset& data, int* runs = nullptr) {
  return [&model, &data, runs](const ActivationVisitor& visit) {
    if (runs != nullptr) ++*runs;
    for (std::size_t i = 0; i < data.size(); ++i) float_inference(model, data.image(i), visit);
  };
}

}  // namespace kirchhoff::quant
