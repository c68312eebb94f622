#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "quant/data/dataset.h"
#include "quant/model/model.h"
#include "quant/network/networks.h"
#include "quant/torch/threads.h"
#include "quant/torch/trainer.h"
#include "tests/quant/files.h"

namespace kirchhoff::quant {

inline Network tiny_network() {
  return parse_network(
      R"({"name": "tiny", "image": {"channels": 1, "height": 8, "width": 7}, "layers": [
      {"name": "A", "kind": "convolution", "out_channels": 6, "kernel": [3, 2],
       "padding": 1, "pool": 2},
      {"name": "B", "kind": "convolution", "out_channels": 8, "kernel": 2, "stride": 2},
      {"name": "C", "kind": "fully_connected", "out_channels": 4}]})",
      "tiny");
}

/// Four classes: a bright quarter of a noisy image.
inline Dataset quarters(std::size_t images, std::uint64_t seed) {
  Dataset data;
  data.name = "quarters";
  data.shape = {1, 8, 7};
  std::mt19937_64 engine(seed);
  for (std::size_t i = 0; i < images; ++i) {
    const auto label = static_cast<std::uint8_t>(i % 4);
    data.labels.push_back(label);
    for (int row = 0; row < 8; ++row) {
      for (int column = 0; column < 7; ++column) {
        const bool bright = (row >= 4) == (label >= 2) && (column >= 4) == (label % 2 == 1);
        data.pixels.push_back(
            static_cast<std::uint8_t>(uniform_below(engine, 100) + (bright ? 100 : 0)));
      }
    }
  }
  return data;
}

class TrainingTest : public testing::Test {
 protected:
  TrainingTest() {
    set_torch_threads(1);
    options_.epochs = 3;
    options_.batch = 16;
    options_.learning_rate = 0.02;
    options_.average_decay = 0.9;
    options_.augmentation = {1, true};
  }
  TrainingOutcome train(const TrainingCallback& callback = nullptr) const {
    return train_network(network_, train_, validation_, options_, callback);
  }
  /// The bytes of the model file.
  std::string bytes(const Model& model) const {
    const std::string path = folder_.path("model.kmodel");
    save_model(model, path);
    return read_file(path);
  }
  void expect_refused(const std::vector<std::string>& parts) const {
    expect_input_error([&] { train(); }, parts);
  }
  const Network network_ = tiny_network();
  const Dataset train_ = quarters(200, 1);
  const Dataset validation_ = quarters(40, 2);
  TrainingOptions options_;
  const TemporaryFolder folder_;
};

}  // namespace kirchhoff::quant
