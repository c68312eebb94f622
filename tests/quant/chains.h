#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/processor.h"
#include "quant/accuracy/accuracy_engine.h"
#include "quant/network/golden.h"

namespace kirchhoff::quant {

inline Layer convolution(const std::string& name, TensorId from, const Shape& input,
                         int out_channels, int kernel, int stride, int padding, int pool) {
  Layer layer;
  layer.name = name;
  layer.inputs = {from};
  layer.input = input;
  layer.out_channels = out_channels;
  layer.kernel_height = layer.kernel_width = kernel;
  layer.stride = stride;
  layer.padding = padding;
  layer.pool = pool;
  return layer;
}

/// Convolutions described by {out, kernel, stride, padding, pool}, then a fully connected layer.
inline Network chain(const Shape& image, const std::vector<std::vector<int>>& convolutions,
                     int classes) {
  Network network{"chain", image, {}};
  Shape map = image;
  for (const std::vector<int>& c : convolutions) {
    const TensorId from{network.layers.size()};
    network.layers.push_back(convolution("conv" + std::to_string(network.layers.size() + 1), from,
                                         map, c[0], c[1], c[2], c[3], c[4]));
    map = network.layers.back().output();
  }
  Layer last;
  last.name = "last";
  last.kind = LayerKind::kFullyConnected;
  last.inputs = {TensorId{network.layers.size()}};
  last.input = map;
  last.out_channels = classes;
  last.kernel_height = map.height;
  last.kernel_width = map.width;
  last.function = quant::Function::none();
  network.layers.push_back(last);
  return network;
}

/// Shapes that fill no vector, tile or block.
inline std::vector<Network> odd_networks() {
  return {
      chain({1, 9, 9}, {{6, 5, 1, 2, 2}, {7, 3, 1, 0, 1}}, 10),
      chain({3, 11, 11}, {{13, 3, 2, 1, 1}, {5, 1, 1, 0, 2}}, 10),
      chain({2, 8, 8}, {{1, 1, 1, 0, 1}, {4, 5, 2, 2, 2}}, 3),
      chain({5, 7, 7}, {{12, 2, 1, 1, 3}}, 11),
      chain({1, 6, 6}, {{3, 6, 1, 0, 1}, {9, 1, 1, 0, 1}}, 1),
  };
}

/// Calls check(integers, seed) for each of them at every width of a search.
template <typename Check>
void for_odd_integers(const Check& check) {
  std::uint64_t seed = 1;
  for (const Network& network : odd_networks()) {
    for (int bits = kMinBits; bits <= kMaxSearchBits; ++bits) {
      Policy policy = Policy::uniform(network, bits, kMinBits + kMaxSearchBits - bits);
      policy.layers[LayerId{0}] = {bits, bits};
      ++seed;
      check(random_integer_network(network, policy, seed), seed * 100);
    }
  }
}

inline Dataset random_dataset(const Shape& shape, std::size_t images, std::uint64_t seed) {
  Dataset data;
  data.name = "random";
  data.shape = shape;
  for (std::size_t i = 0; i < images; ++i) {
    const std::vector<std::uint8_t> image = random_image(shape, seed + i);
    data.pixels.insert(data.pixels.end(), image.begin(), image.end());
    data.labels.push_back(static_cast<std::uint8_t>(image[0] % 10));
  }
  return data;
}

/// The engine's logits equal the golden inference's, and with `adc` the saturated conversions of
/// every layer, too, whatever the kernels.
inline void expect_golden_logits(const IntegerNetwork& network, std::size_t images,
                                 std::uint64_t seed, const AdcModel* adc = nullptr) {
  const Dataset data = random_dataset(network.network.image, images, seed);
  std::vector<std::vector<std::int64_t>> logits;
  ClippedConversions clipped(network.layers.size(), 0);
  for (std::size_t i = 0; i < images; ++i) {
    const GoldenResult golden = golden_inference(network, data.image(i), adc);
    logits.push_back(golden.logits);
    for (const LayerId l : clipped.ids()) clipped[l] += golden.layers[l].clipped_conversions;
  }
  for (const base::Processor kind : base::processors()) {
    const base::ForceProcessor forced(kind);
    const BatchLogits batch = batch_inference(network, data, images, 2, adc);
    ASSERT_EQ(batch.logits, logits) << network.network.name << " " << network.policy.to_string()
                                    << " processor " << static_cast<int>(kind);
    ASSERT_EQ(batch.clipped_conversions, clipped) << network.policy.to_string();
  }
}

}  // namespace kirchhoff::quant
