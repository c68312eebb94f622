#include "quant/accuracy/batch_inference.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <thread>

#include <fmt/format.h>

#include "traces/error.h"

namespace kirchhoff::quant {

struct BatchInference::LayerPlan {
  explicit LayerPlan(const Layer& layer)
      : layout(layer), convolved(layer.convolved()), output(layer.output()) {
    // Equal blocks, as few as possible: 16 channels make 6 + 5 + 5, not 6 + 6 + 4.
    const int blocks = (layer.out_channels + kChannelBlock - 1) / kChannelBlock;
    for (int b = 0, first = 0; b < blocks; ++b) {
      const int channels = (layer.out_channels - first + blocks - b - 1) / (blocks - b);
      first_channel.push_back(first);
      first += channels;
    }
    first_channel.push_back(layer.out_channels);
    for (int plane = 0; plane < layout.planes; ++plane) {
      for (int ky = 0; ky < layer.kernel_height; ky += layout.pairs_rows ? 2 : 1) {
        for (int kx = 0; kx < layer.kernel_width; ++kx)
          offsets.push_back(layout.offset(plane, ky, kx));
      }
    }
    window_step = static_cast<std::ptrdiff_t>(layer.stride) * kLanes * 2;
    windows_per_row = output.width * layer.pool;
  }

  PairLayout layout;
  Shape convolved, output;
  std::vector<int> first_channel;       ///< of every block of output channels, then the end
  std::vector<std::ptrdiff_t> offsets;  ///< of every tap
  std::ptrdiff_t window_step = 0;
  int windows_per_row = 0;  ///< that reach the output
};

struct BatchInference::Scratch {
  std::vector<std::vector<std::uint8_t>>
      maps;  ///< output of every layer but the last, in lane order
  std::vector<std::int16_t> pairs;
  std::vector<std::int32_t> sums;
  std::vector<std::int32_t> logits;
};

BatchInference::BatchInference(const Network& network, const Dataset& data, int threads, Isa isa)
    : network_(network), data_(data), isa_(isa) {
  network_.validate();
  if (!(data.shape == network.image)) {
    throw InputError(fmt::format("dataset {} has images of {}x{}x{}, {} takes {}x{}x{}", data.name,
                                 data.shape.channels, data.shape.height, data.shape.width,
                                 network.name, network.image.channels, network.image.height,
                                 network.image.width));
  }
  if (threads < 0)
    throw InputError(fmt::format("threads = {}: must not be negative (0: all cores)", threads));
  if (threads == 0) threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));

  std::size_t pairs = 0, sums = 0;
  for (const Layer& layer : network_.layers) {
    const LayerPlan& plan = plans_.emplace_back(layer);
    pairs = std::max(pairs, plan.layout.size());
    sums = std::max(
        sums, static_cast<std::size_t>(layer.pool) * plan.windows_per_row * kChannelBlock * kLanes);
  }
  for (int thread = 0; thread < threads; ++thread) {
    auto scratch = std::make_unique<Scratch>();
    for (std::size_t l = 0; l + 1 < plans_.size(); ++l) {
      scratch->maps.emplace_back(static_cast<std::size_t>(plans_[l].output.size()) * kLanes);
    }
    scratch->pairs.resize(pairs);
    scratch->sums.resize(sums);
    scratch->logits.resize(static_cast<std::size_t>(plans_.back().output.size()) * kLanes);
    scratch_.push_back(std::move(scratch));
  }
}

BatchInference::~BatchInference() = default;

PackedWeights BatchInference::pack(std::size_t layer, const Eigen::MatrixXi& weights) const {
  const Layer& shape = network_.layers[layer];
  const LayerPlan& plan = plans_[layer];
  const auto row = [&](int channel, int ky, int kx) {
    const bool exists = channel < shape.input.channels && ky < shape.kernel_height;
    return exists ? (channel * shape.kernel_height + ky) * shape.kernel_width + kx : -1;
  };
  const auto half = [&](int r, int channel) {
    return static_cast<std::uint32_t>(static_cast<std::uint16_t>(r < 0 ? 0 : weights(r, channel)));
  };
  PackedWeights packed;
  packed.reserve(plan.offsets.size() * static_cast<std::size_t>(shape.out_channels));
  for (std::size_t block = 0; block + 1 < plan.first_channel.size(); ++block) {
    for (int plane = 0; plane < plan.layout.planes; ++plane) {
      for (int ky = 0; ky < shape.kernel_height; ky += plan.layout.pairs_rows ? 2 : 1) {
        for (int kx = 0; kx < shape.kernel_width; ++kx) {
          const int first = plan.layout.pairs_rows ? row(plane, ky, kx) : row(2 * plane, ky, kx);
          const int second =
              plan.layout.pairs_rows ? row(plane, ky + 1, kx) : row(2 * plane + 1, ky, kx);
          for (int c = plan.first_channel[block]; c < plan.first_channel[block + 1]; ++c) {
            packed.push_back(static_cast<std::int32_t>(half(first, c) | half(second, c) << 16));
          }
        }
      }
    }
  }
  return packed;
}

PreparedLayer BatchInference::prepare(const IntegerLayer& integers,
                                      std::shared_ptr<const PackedWeights> weights) {
  PreparedLayer prepared;
  prepared.weights = std::move(weights);
  prepared.activation_bits = integers.activation_bits;
  prepared.output_bits = integers.output_bits;
  for (std::size_t c = 0; c < integers.multiplier.size(); ++c) {
    prepared.multiplier.push_back(
        std::ldexp(static_cast<double>(integers.multiplier[c]), -integers.shift));
    prepared.bias.push_back(std::ldexp(static_cast<double>(integers.bias[c]), -integers.shift));
  }
  return prepared;
}

void BatchInference::run(
    const PreparedNetwork& prepared, std::size_t images,
    const std::function<void(std::size_t, int, const std::int32_t*)>& consume) {
  if (images > data_.size()) {
    throw InputError(
        fmt::format("{} images asked for: dataset {} has {}", images, data_.name, data_.size()));
  }
  const std::size_t blocks = (images + kLanes - 1) / kLanes;
  const auto pixels = static_cast<std::size_t>(network_.image.size());
  if (interleaved_ < blocks) {
    images_.resize(blocks * pixels * kLanes, 0);
    for (std::size_t block = interleaved_; block < blocks; ++block) {
      const std::size_t end = std::min(data_.size(), (block + 1) * kLanes);
      for (std::size_t image = block * kLanes; image < end; ++image) {
        const std::uint8_t* source = data_.pixels.data() + image * pixels;
        std::uint8_t* target = images_.data() + block * pixels * kLanes + image % kLanes;
        for (std::size_t pixel = 0; pixel < pixels; ++pixel) target[pixel * kLanes] = source[pixel];
      }
    }
    interleaved_ = blocks;
  }

  std::atomic<std::size_t> next{0};
  const auto work = [&](Scratch& scratch) {
    for (std::size_t block = next++; block < blocks; block = next++) {
      infer(prepared, block, scratch);
      const std::size_t first = block * kLanes;
      consume(first, static_cast<int>(std::min<std::size_t>(kLanes, images - first)),
              scratch.logits.data());
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t t = 1; t < std::min(scratch_.size(), blocks); ++t)
    threads.emplace_back(work, std::ref(*scratch_[t]));
  work(*scratch_[0]);
  for (std::thread& thread : threads) thread.join();
}

void BatchInference::infer(const PreparedNetwork& prepared, std::size_t block,
                           Scratch& scratch) const {
  for (std::size_t l = 0; l < plans_.size(); ++l) {
    const int source = network_.layers[l].inputs.front();
    const std::uint8_t* map =
        source == kImage
            ? images_.data() + block * static_cast<std::size_t>(network_.image.size()) * kLanes
            : scratch.maps[static_cast<std::size_t>(source)].data();
    compute_layer(l, prepared.layers[l], prepared.output_bias.data(), map, scratch);
  }
}

void BatchInference::compute_layer(std::size_t l, const PreparedLayer& layer,
                                   const std::int64_t* output_bias, const std::uint8_t* map,
                                   Scratch& scratch) const {
  const Layer& shape = network_.layers[l];
  const LayerPlan& plan = plans_[l];
  const bool last = l + 1 == plans_.size();
  const int pixel_shift = shape.inputs.front() == kImage ? 8 - layer.activation_bits : 0;
  pack_pairs(isa_, shape, plan.layout, map, pixel_shift, scratch.pairs.data());

  const std::ptrdiff_t output_row = static_cast<std::ptrdiff_t>(plan.output.width) * kLanes;
  const std::int32_t* weights = layer.weights->data();
  for (std::size_t block = 0; block + 1 < plan.first_channel.size(); ++block) {
    const int first = plan.first_channel[block];
    const int channels = plan.first_channel[block + 1] - first;
    for (int y = 0; y < plan.output.height; ++y) {
      for (int py = 0; py < shape.pool; ++py) {
        WindowRow row;
        row.input =
            scratch.pairs.data() + plan.layout.offset(0, (y * shape.pool + py) * shape.stride, 0);
        row.step = plan.window_step;
        row.windows = plan.windows_per_row;
        row.offsets = plan.offsets.data();
        row.taps = static_cast<int>(plan.offsets.size());
        row.weights = weights;
        row.channels = channels;
        row.sums =
            scratch.sums.data() + static_cast<std::ptrdiff_t>(py) * row.windows * channels * kLanes;
        accumulate(isa_, row);
      }
      for (int c = 0; c < channels; ++c) {
        const std::int32_t* sums = scratch.sums.data() + static_cast<std::ptrdiff_t>(c) * kLanes;
        const std::ptrdiff_t at =
            (static_cast<std::ptrdiff_t>(first + c) * plan.output.height + y) * output_row;
        if (last) {
          std::int32_t* logits = scratch.logits.data() + at;
          for (int x = 0; x < plan.output.width; ++x) {
            for (int lane = 0; lane < kLanes; ++lane) {
              logits[x * kLanes + lane] = sums[x * channels * kLanes + lane] +
                                          static_cast<std::int32_t>(output_bias[first + c]);
            }
          }
          continue;
        }
        OutputRow row;
        row.sums = sums;
        row.channels = channels;
        row.pool = shape.pool;
        row.windows = plan.windows_per_row;
        row.multiplier = layer.multiplier[static_cast<std::size_t>(first + c)];
        row.bias = layer.bias[static_cast<std::size_t>(first + c)];
        row.top = (1 << layer.output_bits) - 1;
        row.outputs = scratch.maps[l].data() + at;
        requantise_row(isa_, row);
      }
    }
    weights += plan.offsets.size() * static_cast<std::size_t>(channels);
  }
}

}  // namespace kirchhoff::quant
