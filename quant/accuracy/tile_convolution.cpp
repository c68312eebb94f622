#include "quant/accuracy/tile_convolution.h"

#include <algorithm>

#include "quant/accuracy/window_kernel.h"

namespace kirchhoff::quant {

TileConvolution::TileConvolution(const Layer& layer, const Eigen::MatrixXi& weights,
                                 bool input_signed)
    : layer_(layer),
      output_(layer.output()),
      layout_(layer),
      weights_(pack_winograd(layer, layout_, weights, input_signed)) {}

void TileConvolution::compute(const Requantisation& requantisation, const StageMaps& maps,
                              StageScratch& scratch) const {
  std::int16_t* inputs = room_for(layout_.input_size(), scratch.pairs);
  room_for(layout_.sums_size(), scratch.sums);
  room_for(layout_.outputs_size(), scratch.tiles);
  Part part;
  for (int tile = 0; tile < layout_.tiles(); tile += layout_.tile_block()) {
    part.first_tile = tile;
    part.tiles = std::min(layout_.tile_block(), layout_.tiles() - tile);
    for (int t = 0; t < part.tiles; ++t) {
      transform_tile(layer_, (tile + t) / layout_.tiles_x(), (tile + t) % layout_.tiles_x(),
                     maps.input, inputs + t * layout_.tile_step(), layout_.point_step());
    }
    for (int chunk = 0; chunk < layout_.blocks(); chunk += WinogradLayout::kChunk) {
      part.first_block = chunk;
      part.end_block = std::min(layout_.blocks(), chunk + WinogradLayout::kChunk);
      for (std::size_t group = 0; group + 1 < weights_.first_pair.size(); ++group) {
        multiply(part, group, scratch);
        transform_back(part, group, requantisation, maps, scratch);
      }
    }
  }
}

void TileConvolution::multiply(const Part& part, std::size_t group, StageScratch& scratch) const {
  const int first_pair = weights_.first_pair[group];
  const int pairs = weights_.first_pair[group + 1] - first_pair;
  // Everything of the groups before, then of the chunks before.
  const std::int32_t* weights =
      weights_.pairs.data() +
      static_cast<std::ptrdiff_t>(kTilePoints) *
          (static_cast<std::ptrdiff_t>(first_pair) * layer_.out_channels +
           static_cast<std::ptrdiff_t>(pairs) * layout_.first_channel(part.first_block));
  WindowRow row;
  row.step = layout_.tile_step();
  row.windows = part.tiles;
  row.offsets = layout_.offsets();
  row.taps = pairs;
  for (int point = 0; point < kTilePoints; ++point) {
    row.input = scratch.pairs.data() + point * layout_.point_step() +
                static_cast<std::ptrdiff_t>(first_pair) * kLanes * 2;
    row.sums = scratch.sums.data() + point * layout_.sums_step();
    for (int block = part.first_block; block < part.end_block; ++block) {
      row.weights = weights;
      row.channels = layout_.channels(block);
      accumulate(row);
      weights += static_cast<std::ptrdiff_t>(pairs) * row.channels;
      row.sums += static_cast<std::ptrdiff_t>(part.tiles) * row.channels * kLanes;
    }
  }
}

void TileConvolution::transform_back(const Part& part, std::size_t group,
                                     const Requantisation& requantisation, const StageMaps& maps,
                                     StageScratch& scratch) const {
  const std::size_t groups = weights_.first_pair.size() - 1;
  const std::int32_t* centres =
      weights_.centres.data() + group * static_cast<std::size_t>(layer_.out_channels);
  const int pooled = kTile / layer_.pool;  // outputs along a tile
  const std::int32_t* sums = scratch.sums.data();
  SumRows rows;
  rows.window_step = kLanes;
  rows.line_step = kTile * kLanes;
  std::int32_t* outputs = scratch.tiles.data();
  for (int block = part.first_block; block < part.end_block; ++block) {
    const int channels = layout_.channels(block);
    for (int c = 0; c < channels; ++c) {
      rows.channel = layout_.first_channel(block) + c;
      rows.missing = missing(rows.channel);
      for (int t = 0; t < part.tiles; ++t) {
        transform_sums(sums + (t * channels + c) * kLanes, layout_.sums_step(),
                       centres[rows.channel], group > 0, outputs);
        if (group + 1 == groups) {
          rows.sums = outputs;
          rows.y = (part.first_tile + t) / layout_.tiles_x() * pooled;
          rows.x = (part.first_tile + t) % layout_.tiles_x() * pooled;
          rows.lines = std::min(pooled, output_.height - rows.y);
          rows.outputs = std::min(pooled, output_.width - rows.x);
          requantisation.finish(rows, maps);
        }
        // Of one group none are kept.
        if (groups > 1) outputs += kTile * kTile * kLanes;
      }
    }
    sums += static_cast<std::ptrdiff_t>(part.tiles) * channels * kLanes;
  }
}

std::int64_t TileConvolution::missing(int channel) const {
  std::int64_t sum = 0;
  for (auto at = static_cast<std::size_t>(channel); at < weights_.centres.size();
       at += static_cast<std::size_t>(layer_.out_channels)) {
    sum += weights_.centres[at];
  }
  return sum;
}

}  // namespace kirchhoff::quant
