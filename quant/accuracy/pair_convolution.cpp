#include "quant/accuracy/pair_convolution.h"

#include <algorithm>

#include "base/processor.h"

namespace kirchhoff::quant {
namespace {

/// Quads where they take fewer taps and one instruction each, and bytes hold the weights.
Together numbers_together(const Layer& layer, const Eigen::MatrixXi& weights) {
  if (base::processor() != base::Processor::kAvx512) return Together::kPairs;
  if (weights.size() != 0 && (weights.minCoeff() < -128 || weights.maxCoeff() > 127))
    return Together::kPairs;
  const int quads = TapLayout(layer, 1, Together::kQuads).taps(layer);
  return quads < TapLayout(layer, 1, Together::kPairs).taps(layer) ? Together::kQuads
                                                                   : Together::kPairs;
}

/// Rows of the output map whose packed input stays in a processor's second cache, all that there
/// are in most layers.
int rows_at_a_time(const Layer& layer, Together together) {
  constexpr std::size_t kBandBytes = std::size_t{768} << 10;
  const int rows = layer.output().height;
  const auto bytes = [&](int lines) {
    return TapLayout(layer, lines, together).size(layer.groups) * sizeof(std::int16_t);
  };
  const std::size_t one = bytes(layer.pool), all = bytes(rows * layer.pool);
  if (all <= kBandBytes) return rows;
  const std::size_t more = (all - one) / static_cast<std::size_t>(std::max(1, rows - 1));
  const int fit = one < kBandBytes && more > 0 ? static_cast<int>((kBandBytes - one) / more) : 0;
  // Each band packs its neighbours' rows under the kernel again.
  const int least = (layer.sweep().span().height + layer.pool - 1) / layer.pool;
  return std::min(rows, std::max(fit + 1, least));
}

}  // namespace

PairConvolution::PairConvolution(const Layer& layer, const Eigen::MatrixXi& weights)
    : PairConvolution(layer, weights, numbers_together(layer, weights)) {}

PairConvolution::PairConvolution(const Layer& layer, const Eigen::MatrixXi& weights,
                                 Together together)
    : layer_(layer),
      output_(layer.output()),
      band_(rows_at_a_time(layer, together)),
      layout_(layer, band_ * layer.pool, together) {
  // Equal blocks, as few as possible: 16 channels make 6 + 5 + 5, not 6 + 6 + 4.
  const int of_group = layer.out_channels / layer.groups;
  const int blocks = (of_group + kChannelBlock - 1) / kChannelBlock;
  for (int group = 0; group < layer.groups; ++group) {
    for (int b = 0, first = 0; b < blocks; ++b) {
      const int channels = (of_group - first + blocks - b - 1) / (blocks - b);
      blocks_.push_back({group, group * of_group + first, channels});
      first += channels;
    }
  }
  for (int plane = 0; plane < layout_.planes; ++plane) {
    for (int ky = 0; ky < layer.kernel_height; ky += rows_of_tap()) {
      for (int kx = 0; kx < layer.kernel_width; ++kx) {
        offsets_.push_back(
            layout_.offset(plane, ky * layer.dilation.height, kx * layer.dilation.width));
      }
    }
  }
  pack(weights);
}

int PairConvolution::rows_of_tap() const {
  return layout_.by_rows ? static_cast<int>(layout_.together) : 1;
}

void PairConvolution::pack(const Eigen::MatrixXi& weights) {
  const int channels = layer_.input.channels / layer_.groups;
  const int together = static_cast<int>(layout_.together), bits = 32 / together;
  const auto weight = [&](int channel, int ky, int kx, int out) {
    const bool exists = channel < channels && ky < layer_.kernel_height;
    const int row = (channel * layer_.kernel_height + ky) * layer_.kernel_width + kx;
    return static_cast<std::uint32_t>(exists ? weights(row, out) : 0);
  };
  // Those of a tap, side by side.
  const auto tap = [&](int plane, int ky, int kx, int out) {
    std::uint32_t packed = 0;
    for (int i = 0; i < together; ++i) {
      const std::uint32_t number = layout_.by_rows ? weight(plane, ky + i, kx, out)
                                                   : weight(together * plane + i, ky, kx, out);
      packed |= (number & ((1u << bits) - 1)) << i * bits;
    }
    return static_cast<std::int32_t>(packed);
  };
  weights_.reserve(offsets_.size() * static_cast<std::size_t>(layer_.out_channels));
  for (const Block& block : blocks_) {
    for (int plane = 0; plane < layout_.planes; ++plane) {
      for (int ky = 0; ky < layer_.kernel_height; ky += rows_of_tap()) {
        for (int kx = 0; kx < layer_.kernel_width; ++kx) {
          for (int c = block.first_channel; c < block.first_channel + block.channels; ++c)
            weights_.push_back(tap(plane, ky, kx, c));
        }
      }
    }
  }
  if (layout_.together != Together::kQuads) return;
  // Less what the inputs' offset adds to them, modulo 2^32 like the sums.
  for (int c = 0; c < layer_.out_channels; ++c) {
    const auto sum = static_cast<std::uint32_t>(weights.col(c).sum());
    starts_.push_back(static_cast<std::int32_t>(0u - kByteOffset * sum));
  }
}

void PairConvolution::add_products(const LaneMap& map, StageScratch& scratch,
                                   const std::function<void(const Sums&)>& take) const {
  std::int16_t* pairs = room_for(layout_.size(layer_.groups), scratch.pairs);
  const int windows = output_.width * layer_.pool;
  const std::ptrdiff_t line_size = std::ptrdiff_t{windows} * kChannelBlock * kLanes;
  std::int32_t* sums = room_for(static_cast<std::size_t>(layer_.pool * line_size), scratch.sums);
  const bool offset = layout_.together == Together::kQuads && map.has_sign;
  WindowRow row;
  row.together = layout_.together;
  row.step = static_cast<std::ptrdiff_t>(layer_.stride.width) * kLanes * 2;
  row.windows = windows;
  row.offsets = offsets_.data();
  row.taps = static_cast<int>(offsets_.size());
  for (int first = 0; first < output_.height; first += band_) {
    const int rows = std::min(band_, output_.height - first);
    pack_taps(layer_, layout_, map, first * layer_.pool * layer_.stride.height, pairs);
    row.weights = weights_.data();
    for (const Block& block : blocks_) {
      row.channels = block.channels;
      row.starts = offset ? starts_.data() + block.first_channel : nullptr;
      for (int y = 0; y < rows; ++y) {
        for (int py = 0; py < layer_.pool; ++py) {
          row.input = pairs + layout_.offset(block.group * layout_.planes,
                                             (y * layer_.pool + py) * layer_.stride.height, 0);
          row.sums = sums + std::ptrdiff_t{py} * windows * block.channels * kLanes;
          accumulate(row);
        }
        take({block.first_channel, block.channels, first + y, windows, sums});
      }
      row.weights += static_cast<std::ptrdiff_t>(row.taps) * block.channels;
    }
  }
}

void PairConvolution::compute(const Requantisation& requantisation, const StageMaps& maps,
                              StageScratch& scratch) const {
  add_products(maps.input, scratch, [&](const Sums& sums) {
    SumRows rows;
    rows.window_step = std::ptrdiff_t{sums.channels} * kLanes;
    rows.line_step = rows.window_step * sums.windows;
    rows.y = sums.y;
    rows.outputs = output_.width;
    for (int c = 0; c < sums.channels; ++c) {
      rows.sums = sums.sums + static_cast<std::ptrdiff_t>(c) * kLanes;
      rows.channel = sums.first_channel + c;
      requantisation.finish(rows, maps);
    }
  });
}

}  // namespace kirchhoff::quant
