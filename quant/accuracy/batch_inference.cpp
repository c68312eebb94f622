#include "quant/accuracy/batch_inference.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/stop_request.h"
#include "quant/accuracy/image_blocks.h"

namespace kirchhoff::quant {
namespace {

/// Most that is kept of other policies' maps.
constexpr std::size_t kPrefixBytes = std::size_t{512} << 20;
/// A byte is kept only if it stands for so many multiply-accumulates: some 20 ns of work. Small
/// networks keep nothing.
constexpr double kWorkPerByte = 1000.0;

}  // namespace

struct BatchInference::LayerPlan {
  LayerPlan(const Layer& layer, bool last)
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
    window_step = static_cast<std::ptrdiff_t>(layer.stride.width) * kLanes * 2;
    windows_per_row = output.width * layer.pool;
    if (!last && winograd_pays(layer)) winograd.emplace(layer);
  }

  PairLayout layout;
  Shape convolved, output;
  std::vector<int> first_channel;       ///< of every block of output channels, then the end
  std::vector<std::ptrdiff_t> offsets;  ///< of every tap
  std::ptrdiff_t window_step = 0;
  int windows_per_row = 0;     ///< that reach the output
  bool worth_keeping = false;  ///< the output map, for policies that begin alike
  std::optional<WinogradLayout> winograd;
};

struct BatchInference::Scratch {
  /// Output of every layer but the last, in lane order.
  IndexedVector<LayerId, AlignedVector<std::uint8_t>> maps;
  AlignedVector<std::int16_t> pairs;  ///< a layer's input, or transformed tiles of it
  AlignedVector<std::int32_t> sums;
  AlignedVector<std::int32_t> tiles;  ///< accumulators of a chunk of tiles
  std::vector<std::int32_t> logits;
  std::vector<std::int64_t> rows;      ///< logits of one image after the other
  std::vector<std::int32_t> all_sums;  ///< of all windows of a layer with modelled conversions
  WordLinePlanes lines;
  ClippedConversions clipped;
};

/// Where a run leaves the beaten track: the maps it starts from, and those it keeps for others.
struct BatchInference::Shortcut {
  std::size_t first_block = 0;
  LayerId first_layer{};                           ///< that is computed
  const PrefixStore::Maps* start = nullptr;        ///< what enters it, unless it is the image
  IndexedVector<LayerId, PrefixStore::Maps> kept;  ///< of all blocks; empty: not kept
  IndexedVector<LayerId, std::string> keys;
};

/// One row of the last layer's accumulators as logits.
void BatchInference::deliver_row(const std::int32_t* sums, std::ptrdiff_t step, int width,
                                 std::int64_t bias, std::int32_t* logits) {
  for (int x = 0; x < width; ++x) {
    for (int lane = 0; lane < kLanes; ++lane)
      logits[x * kLanes + lane] = sums[x * step + lane] + static_cast<std::int32_t>(bias);
  }
}

/// What requantises one row of output channel `c`; `sums` has `channels` channels.
OutputRow BatchInference::requantised_row(const PreparedLayer& layer, const Layer& shape,
                                          const LayerPlan& plan, const std::int32_t* sums, int c,
                                          int channels, std::uint8_t* outputs) {
  OutputRow row;
  row.sums = sums;
  row.channels = channels;
  row.pool = shape.pool;
  row.windows = plan.windows_per_row;
  row.count = plan.output.width;
  row.multiplier = layer.multiplier[static_cast<std::size_t>(c)];
  row.bias = layer.bias[static_cast<std::size_t>(c)];
  row.top = (1 << layer.output_bits) - 1;
  row.outputs = outputs;
  return row;
}

BatchInference::BatchInference(const Network& network, const Dataset& data, int threads,
                               const AdcModel* adc)
    : network_(network),
      data_(data),
      adc_(adc == nullptr ? std::nullopt : std::optional<AdcModel>(*adc)),
      packed_(network.layers.size()),
      prefixes_(kPrefixBytes) {
  network_.validate();
  check_shape(network_, data);
  const std::size_t count = thread_count(threads);
  std::size_t pairs = 0, sums = 0, tiles = 0;
  double work = 0.0;
  for (const LayerId l : network_.layers.ids()) {
    const Layer& layer = network_.layers[l];
    LayerPlan& plan = plans_.emplace_back(layer, l == network_.layers.last_id());
    work += static_cast<double>(layer.windows()) * layer.rows() * layer.out_channels;
    // Maps between two poolings are large, and one behind the last layer but one would serve none
    // but the same policy.
    plan.worth_keeping = layer.pool > 1 && following(l) < network_.layers.last_id() &&
                         work >= kWorkPerByte * layer.output().size();
    if (plan.winograd) {
      pairs = std::max(pairs, plan.winograd->input_size());
      sums = std::max(sums, plan.winograd->sums_size());
      tiles = std::max(tiles, plan.winograd->outputs_size());
      continue;
    }
    pairs = std::max(pairs, plan.layout.size());
    sums = std::max(
        sums, static_cast<std::size_t>(layer.pool) * plan.windows_per_row * kChannelBlock * kLanes);
  }
  for (std::size_t thread = 0; thread < count; ++thread) {
    auto scratch = std::make_unique<Scratch>();
    for (const LayerId l : IdRange(LayerId{}, plans_.last_id())) {
      scratch->maps.emplace_back(map_bytes(l));
    }
    scratch->pairs.resize(pairs);
    scratch->sums.resize(sums);
    scratch->tiles.resize(tiles);
    scratch->logits.resize(static_cast<std::size_t>(plans_.back().output.size()) * kLanes);
    scratch->rows.resize(scratch->logits.size());
    scratch_.push_back(std::move(scratch));
  }
}

BatchInference::~BatchInference() = default;

bool BatchInference::takes(const PolicyIntegers& integers) const {
  if (integers.wide()) return false;
  if (!adc_) return true;
  for (const LayerId l : network_.layers.ids()) {
    if (!countable(*adc_, network_.layers[l].rows(), integers.policy.layers[l])) return false;
  }
  return true;
}

BatchInference::Packed BatchInference::pack(LayerId layer, const Eigen::MatrixXi& weights,
                                            int weight_bits) const {
  if (adc_) {
    AdcLayer packed;
    packed.columns = pack_adc_columns(*adc_, weights, weight_bits);
    if (!packed.columns.lossless()) {
      if (packed.columns.plain.size() != 0) packed.plain = pack_direct(layer, packed.columns.plain);
      packed.columns.plain.resize(0, 0);
      return {nullptr, std::make_shared<const AdcLayer>(std::move(packed))};
    }
  }
  PackedWeights packed;
  if (const auto& winograd = plans_[layer].winograd) {
    packed.winograd = pack_winograd(network_.layers[layer], *winograd, weights);
  } else {
    packed.direct = pack_direct(layer, weights);
  }
  return {std::make_shared<const PackedWeights>(std::move(packed)), nullptr};
}

std::vector<std::int32_t> BatchInference::pack_direct(LayerId layer,
                                                      const Eigen::MatrixXi& weights) const {
  const Layer& shape = network_.layers[layer];
  const LayerPlan& plan = plans_[layer];
  const auto row = [&](int channel, int ky, int kx) {
    const bool exists = channel < shape.input.channels && ky < shape.kernel_height;
    return exists ? (channel * shape.kernel_height + ky) * shape.kernel_width + kx : -1;
  };
  const auto half = [&](int r, int channel) {
    return static_cast<std::uint32_t>(static_cast<std::uint16_t>(r < 0 ? 0 : weights(r, channel)));
  };
  std::vector<std::int32_t> packed;
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

BatchInference::PreparedNetwork BatchInference::prepare(const PolicyIntegers& integers) {
  PreparedNetwork prepared;
  prepared.output_bias = integers.output_bias;
  std::string prefix;
  for (const LayerId l : network_.layers.ids()) {
    const IntegerLayer& layer = integers.layers[l];
    Packed& packed = packed_[l][static_cast<std::size_t>(layer.weight_bits)];
    if (!packed.weights && !packed.adc) packed = pack(l, *integers.weights[l], layer.weight_bits);
    PreparedLayer& result = prepared.layers.emplace_back();
    result.packed = packed;
    result.activation_bits = layer.activation_bits;
    result.output_bits = layer.output_bits;
    for (std::size_t c = 0; c < layer.multiplier.size(); ++c) {
      result.multiplier.push_back(
          std::ldexp(static_cast<double>(layer.multiplier[c]), -layer.shift));
      result.bias.push_back(std::ldexp(static_cast<double>(layer.bias[c]), -layer.shift));
    }
    if (adc_ || !share_prefixes_) continue;
    // A layer's output map depends on the bits up to there and on its own width.
    prefix += fmt::format("{}/{},", layer.weight_bits, layer.activation_bits);
    prepared.prefixes.push_back(fmt::format("{}{}", prefix, layer.output_bits));
  }
  return prepared;
}

ClippedConversions BatchInference::run(const PolicyIntegers& integers, std::size_t first,
                                       std::size_t images, const LogitsConsumer& consume) {
  integers.refuse_wide();
  if (!takes(integers)) {
    throw InputError(fmt::format("policy {}: this converter's conversions cannot be counted",
                                 integers.policy.to_string()));
  }
  const std::size_t end_image = first + images;
  check_images(data_, end_image);
  const PreparedNetwork prepared = prepare(integers);
  const std::size_t blocks = (end_image + kLanes - 1) / kLanes;
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

  for (auto& scratch : scratch_) scratch->clipped.assign(plans_.size(), 0);
  const auto size = static_cast<std::size_t>(plans_.back().output.size());
  const std::size_t first_block = first / kLanes;
  Shortcut shortcut = find_shortcut(prepared, first_block, blocks - first_block);
  for_each_block(scratch_.size(), blocks - first_block, [&](std::size_t thread, std::size_t b) {
    Scratch& scratch = *scratch_[thread];
    const std::size_t start = (first_block + b) * kLanes;
    const Lanes lanes{static_cast<int>(std::max(first, start) - start),
                      static_cast<int>(std::min<std::size_t>(kLanes, end_image - start))};
    infer(prepared, first_block + b, lanes, shortcut, scratch);
    std::int64_t* row = scratch.rows.data();
    for (int lane = lanes.first; lane < lanes.end; ++lane) {
      for (std::size_t i = 0; i < size; ++i)
        *row++ = scratch.logits[i * kLanes + static_cast<std::size_t>(lane)];
    }
    consume(start + static_cast<std::size_t>(lanes.first), lanes.end - lanes.first,
            scratch.rows.data());
  });
  for (const LayerId l : shortcut.kept.ids()) {
    if (!shortcut.kept[l].empty()) prefixes_.keep(shortcut.keys[l], std::move(shortcut.kept[l]));
  }
  ClippedConversions clipped(plans_.size(), 0);
  for (const auto& scratch : scratch_) {
    for (const LayerId l : clipped.ids()) clipped[l] += scratch->clipped[l];
  }
  return clipped;
}

std::size_t BatchInference::map_bytes(LayerId layer) const {
  return static_cast<std::size_t>(plans_[layer].output.size()) * kLanes;
}

BatchInference::Shortcut BatchInference::find_shortcut(const PreparedNetwork& prepared,
                                                       std::size_t first_block,
                                                       std::size_t blocks) {
  Shortcut shortcut;
  shortcut.first_block = first_block;
  if (prepared.prefixes.empty()) return shortcut;
  shortcut.kept.resize(plans_.size());
  for (const std::string& prefix : prepared.prefixes)
    shortcut.keys.push_back(fmt::format("{} {} {}", prefix, first_block, blocks));
  for (LayerId l = plans_.end_id(); l != LayerId{};) {
    l = preceding(l);
    if (!plans_[l].worth_keeping || !prefixes_.takes(blocks * map_bytes(l))) continue;
    if ((shortcut.start = prefixes_.find(shortcut.keys[l])) != nullptr) {
      shortcut.first_layer = following(l);
      break;
    }
    shortcut.kept[l].resize(blocks * map_bytes(l));
  }
  return shortcut;
}

void BatchInference::infer(const PreparedNetwork& prepared, std::size_t block, const Lanes& lanes,
                           Shortcut& shortcut, Scratch& scratch) const {
  const std::size_t b = block - shortcut.first_block;
  for (const LayerId l : IdRange(shortcut.first_layer, plans_.end_id())) {
    give_up_if_stopped();
    const TensorId source = network_.layers[l].inputs.front();
    const std::uint8_t* map =
        source == kImage
            ? images_.data() + block * static_cast<std::size_t>(network_.image.size()) * kLanes
            : scratch.maps[producer_of(source)].data();
    if (l == shortcut.first_layer && shortcut.start != nullptr) {
      map = shortcut.start->data() + b * map_bytes(preceding(l));
    }
    const PreparedLayer& layer = prepared.layers[l];
    if (layer.packed.adc) {
      compute_columns(l, layer, prepared.output_bias.data(), map, lanes, scratch);
    } else {
      compute_layer(l, layer, prepared.output_bias.data(), map, scratch);
    }
    if (shortcut.kept.has(l) && !shortcut.kept[l].empty()) {
      std::memcpy(shortcut.kept[l].data() + b * map_bytes(l), scratch.maps[l].data(), map_bytes(l));
    }
  }
}

WindowRow BatchInference::window_row(const LayerPlan& plan, const Layer& shape, int line,
                                     const std::int32_t* weights, int channels,
                                     const Scratch& scratch) {
  WindowRow row;
  row.input = scratch.pairs.data() + plan.layout.offset(0, line * shape.stride.height, 0);
  row.step = plan.window_step;
  row.windows = plan.windows_per_row;
  row.offsets = plan.offsets.data();
  row.taps = static_cast<int>(plan.offsets.size());
  row.weights = weights;
  row.channels = channels;
  return row;
}

void BatchInference::compute_layer(LayerId l, const PreparedLayer& layer,
                                   const std::int64_t* output_bias, const std::uint8_t* map,
                                   Scratch& scratch) const {
  const Layer& shape = network_.layers[l];
  const LayerPlan& plan = plans_[l];
  const bool last = l == plans_.last_id();
  if (plan.winograd) return compute_tiles(l, layer, map, scratch);
  const int pixel_shift = shape.inputs.front() == kImage ? 8 - layer.activation_bits : 0;
  pack_pairs(shape, plan.layout, map, pixel_shift, scratch.pairs.data());

  const std::ptrdiff_t output_row = static_cast<std::ptrdiff_t>(plan.output.width) * kLanes;
  const std::int32_t* weights = layer.packed.weights->direct.data();
  for (std::size_t block = 0; block + 1 < plan.first_channel.size(); ++block) {
    const int first = plan.first_channel[block];
    const int channels = plan.first_channel[block + 1] - first;
    for (int y = 0; y < plan.output.height; ++y) {
      for (int py = 0; py < shape.pool; ++py) {
        WindowRow row = window_row(plan, shape, y * shape.pool + py, weights, channels, scratch);
        row.sums =
            scratch.sums.data() + static_cast<std::ptrdiff_t>(py) * row.windows * channels * kLanes;
        accumulate(row);
      }
      for (int c = 0; c < channels; ++c) {
        const std::int32_t* sums = scratch.sums.data() + static_cast<std::ptrdiff_t>(c) * kLanes;
        const std::ptrdiff_t at =
            (static_cast<std::ptrdiff_t>(first + c) * plan.output.height + y) * output_row;
        if (last) {
          deliver_row(sums, std::ptrdiff_t{channels} * kLanes, plan.output.width,
                      output_bias[first + c], scratch.logits.data() + at);
          continue;
        }
        requantise_row(requantised_row(layer, shape, plan, sums, first + c, channels,
                                       scratch.maps[l].data() + at));
      }
    }
    weights += plan.offsets.size() * static_cast<std::size_t>(channels);
  }
}

void BatchInference::compute_tiles(LayerId l, const PreparedLayer& layer, const std::uint8_t* map,
                                   Scratch& scratch) const {
  const Layer& shape = network_.layers[l];
  const WinogradLayout& layout = *plans_[l].winograd;
  const WinogradWeights& packed = layer.packed.weights->winograd;
  const std::size_t groups = packed.first_pair.size() - 1;
  for (int first_tile = 0; first_tile < layout.tiles(); first_tile += layout.tile_block()) {
    const int tiles = std::min(layout.tile_block(), layout.tiles() - first_tile);
    for (int t = 0; t < tiles; ++t) {
      const int tile = first_tile + t;
      transform_tile(shape, tile / layout.tiles_x(), tile % layout.tiles_x(), map,
                     scratch.pairs.data() + t * layout.tile_step(), layout.point_step());
    }
    for (int chunk = 0; chunk < layout.blocks(); chunk += WinogradLayout::kChunk) {
      const int end = std::min(layout.blocks(), chunk + WinogradLayout::kChunk);
      const int first_channel = layout.first_channel(chunk);
      for (std::size_t group = 0; group < groups; ++group) {
        const int first_pair = packed.first_pair[group];
        const int pairs = packed.first_pair[group + 1] - first_pair;
        // Everything of the groups before, then of the chunks before.
        const std::int32_t* weights =
            packed.pairs.data() +
            static_cast<std::ptrdiff_t>(kTilePoints) *
                (static_cast<std::ptrdiff_t>(first_pair) * shape.out_channels +
                 static_cast<std::ptrdiff_t>(pairs) * first_channel);
        for (int point = 0; point < kTilePoints; ++point) {
          std::int32_t* sums = scratch.sums.data() + point * layout.sums_step();
          for (int block = chunk; block < end; ++block) {
            WindowRow row;
            row.input = scratch.pairs.data() + point * layout.point_step() +
                        static_cast<std::ptrdiff_t>(first_pair) * kLanes * 2;
            row.step = layout.tile_step();
            row.windows = tiles;
            row.offsets = layout.offsets();
            row.taps = pairs;
            row.weights = weights;
            row.channels = layout.channels(block);
            row.sums = sums;
            accumulate(row);
            weights += static_cast<std::ptrdiff_t>(pairs) * row.channels;
            sums += static_cast<std::ptrdiff_t>(tiles) * row.channels * kLanes;
          }
        }
        const std::int32_t* sums = scratch.sums.data();
        std::int32_t* outputs = scratch.tiles.data();
        for (int block = chunk; block < end; ++block) {
          const int channels = layout.channels(block);
          for (int c = 0; c < channels; ++c) {
            const std::int32_t centre =
                packed.centres[group * static_cast<std::size_t>(shape.out_channels) +
                               static_cast<std::size_t>(layout.first_channel(block) + c)];
            for (int t = 0; t < tiles; ++t) {
              transform_sums(sums + (t * channels + c) * kLanes, layout.sums_step(), centre,
                             group > 0, outputs);
              outputs += kTile * kTile * kLanes;
            }
          }
          sums += static_cast<std::ptrdiff_t>(tiles) * channels * kLanes;
        }
      }
      requantise_tiles(l, layer, first_tile, tiles, first_channel,
                       layout.first_channel(end) - first_channel, scratch);
    }
  }
}

void BatchInference::requantise_tiles(LayerId l, const PreparedLayer& layer, int first_tile,
                                      int tiles, int first_channel, int channels,
                                      Scratch& scratch) const {
  const Layer& shape = network_.layers[l];
  const LayerPlan& plan = plans_[l];
  const WinogradWeights& packed = layer.packed.weights->winograd;
  const int pooled = kTile / shape.pool;  // outputs along a tile
  const std::int32_t* sums = scratch.tiles.data();
  for (int c = first_channel; c < first_channel + channels; ++c) {
    const auto channel = static_cast<std::size_t>(c);
    std::int64_t centre = 0;
    for (std::size_t at = channel; at < packed.centres.size();
         at += static_cast<std::size_t>(shape.out_channels)) {
      centre += packed.centres[at];
    }
    OutputRow row;
    row.channels = 1;
    row.pool = shape.pool;
    row.windows = kTile;
    row.multiplier = layer.multiplier[channel];
    // The tiles' sums lack the middle of their range. Still exact: both parts are multiples of
    // 2^-shift below 2^(48-shift).
    row.bias = layer.bias[channel] + static_cast<double>(centre) * row.multiplier;
    row.top = (1 << layer.output_bits) - 1;
    for (int t = first_tile; t < first_tile + tiles; ++t) {
      const int y0 = t / plan.winograd->tiles_x() * pooled;
      const int x0 = t % plan.winograd->tiles_x() * pooled;
      row.count = std::min(pooled, plan.output.width - x0);
      for (int y = 0; y < std::min(pooled, plan.output.height - y0); ++y) {
        row.sums = sums + static_cast<std::ptrdiff_t>(y) * shape.pool * kTile * kLanes;
        row.outputs =
            scratch.maps[l].data() +
            ((static_cast<std::ptrdiff_t>(c) * plan.output.height + y0 + y) * plan.output.width +
             x0) *
                kLanes;
        requantise_row(row);
      }
      sums += kTile * kTile * kLanes;
    }
  }
}

void BatchInference::compute_plain(LayerId l, const PreparedLayer& layer, const std::uint8_t* map,
                                   Scratch& scratch) const {
  const Layer& shape = network_.layers[l];
  const LayerPlan& plan = plans_[l];
  scratch.pairs.resize(std::max(scratch.pairs.size(), plan.layout.size()));
  const auto row_sums = static_cast<std::size_t>(plan.windows_per_row) * kChannelBlock * kLanes;
  scratch.sums.resize(std::max(scratch.sums.size(), row_sums));
  const int pixel_shift = shape.inputs.front() == kImage ? 8 - layer.activation_bits : 0;
  pack_pairs(shape, plan.layout, map, pixel_shift, scratch.pairs.data());
  const std::int32_t* weights = layer.packed.adc->plain.data();
  for (std::size_t block = 0; block + 1 < plan.first_channel.size(); ++block) {
    const int first = plan.first_channel[block];
    const int channels = plan.first_channel[block + 1] - first;
    for (int y = 0; y < plan.output.height * shape.pool; ++y) {
      WindowRow row = window_row(plan, shape, y, weights, channels, scratch);
      row.sums = scratch.sums.data();
      accumulate(row);
      for (int x = 0; x < row.windows; ++x) {
        const std::ptrdiff_t window = static_cast<std::ptrdiff_t>(y) * row.windows + x;
        std::copy_n(row.sums + static_cast<std::ptrdiff_t>(x) * channels * kLanes,
                    channels * kLanes,
                    scratch.all_sums.data() + (window * shape.out_channels + first) * kLanes);
      }
    }
    weights += plan.offsets.size() * static_cast<std::size_t>(channels);
  }
}

void BatchInference::compute_columns(LayerId l, const PreparedLayer& layer,
                                     const std::int64_t* output_bias, const std::uint8_t* map,
                                     const Lanes& lanes, Scratch& scratch) const {
  static constexpr std::uint8_t kZeros[kLanes] = {};
  const Layer& shape = network_.layers[l];
  const LayerPlan& plan = plans_[l];
  const AdcColumns& columns = layer.packed.adc->columns;
  const int windows = shape.windows();
  const int rounded = (windows + kSlotWindows - 1) / kSlotWindows * kSlotWindows;
  const std::ptrdiff_t window_step = static_cast<std::ptrdiff_t>(shape.out_channels) * kLanes;
  scratch.all_sums.assign(static_cast<std::size_t>(rounded * window_step), 0);
  if (!layer.packed.adc->plain.empty()) compute_plain(l, layer, map, scratch);

  const int pixel_shift = shape.inputs.front() == kImage ? 8 - layer.activation_bits : 0;
  const int kernel = shape.kernel_height * shape.kernel_width;
  scratch.lines.resize(columns.adc.block_rows, layer.activation_bits);
  std::vector<std::int32_t> input_sums(kSlots, 0);
  for (int first = 0; first < windows; first += kSlotWindows) {
    give_up_if_stopped();
    const int count = std::min(kSlotWindows, windows - first);
    Plane valid = {};
    for (int slot = 0; slot < count * kLanes; ++slot) {
      if (slot % kLanes >= lanes.first && slot % kLanes < lanes.end)
        valid.words[slot / 64] |= std::uint64_t{1} << slot % 64;
    }
    for (int block = 0; block < columns.blocks; ++block) {
      const std::size_t at = static_cast<std::size_t>(block) * columns.columns;
      if (columns.input_factor.empty() &&
          columns.first_slice[at] ==
              columns.first_slice[at + static_cast<std::size_t>(columns.columns)]) {
        continue;
      }
      const int first_row = block * columns.adc.block_rows;
      const int rows = std::min(columns.adc.block_rows, columns.rows - first_row);
      for (int r = 0; r < rows; ++r) {
        const int channel = (first_row + r) / kernel, tap = (first_row + r) % kernel;
        const std::uint8_t* inputs[kSlotWindows];
        for (int w = 0; w < kSlotWindows; ++w) {
          const int window = first + w;
          const int y = window / plan.windows_per_row * shape.stride.height +
                        tap / shape.kernel_width - shape.padding.top;
          const int x = window % plan.windows_per_row * shape.stride.width +
                        tap % shape.kernel_width - shape.padding.left;
          const bool inside =
              w < count && y >= 0 && y < shape.input.height && x >= 0 && x < shape.input.width;
          inputs[w] = inside
                          ? map + ((static_cast<std::ptrdiff_t>(channel) * shape.input.height + y) *
                                       shape.input.width +
                                   x) *
                                      kLanes
                          : kZeros;
        }
        scratch.lines.set_row(r, inputs, pixel_shift);
      }
      scratch.lines.finish(rows);
      if (!columns.input_factor.empty())
        convert_inputs(columns, block, scratch.lines, input_sums.data());
      for (int c = 0; c < columns.columns; ++c) {
        convert_column(columns, block, c, scratch.lines, valid, input_sums.data(),
                       scratch.all_sums.data() + first * window_step + c * kLanes, window_step,
                       scratch.clipped[l]);
      }
    }
  }

  const bool last = l == plans_.last_id();
  for (int c = 0; c < shape.out_channels; ++c) {
    for (int y = 0; y < plan.output.height; ++y) {
      const std::int32_t* sums =
          scratch.all_sums.data() +
          static_cast<std::ptrdiff_t>(y) * shape.pool * plan.windows_per_row * window_step +
          static_cast<std::ptrdiff_t>(c) * kLanes;
      const std::ptrdiff_t at =
          (static_cast<std::ptrdiff_t>(c) * plan.output.height + y) * plan.output.width * kLanes;
      if (last) {
        deliver_row(sums, window_step, plan.output.width, output_bias[c],
                    scratch.logits.data() + at);
        continue;
      }
      requantise_row(requantised_row(layer, shape, plan, sums, c, shape.out_channels,
                                     scratch.maps[l].data() + at));
    }
  }
}

}  // namespace kirchhoff::quant
