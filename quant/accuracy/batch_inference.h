#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "quant/accuracy/adc_columns.h"
#include "quant/accuracy/aligned_vector.h"
#include "quant/accuracy/image_blocks.h"
#include "quant/accuracy/prefix_store.h"
#include "quant/accuracy/window_kernel.h"
#include "quant/accuracy/winograd.h"
#include "quant/data/dataset.h"
#include "quant/network/integer_network.h"

namespace kirchhoff::quant {

/// Integer weights of one layer in the order in which its kernel reads them: one of the two.
struct PackedWeights {
  std::vector<std::int32_t> direct;
  WinogradWeights winograd;
};

/// A layer some of whose conversions are not lossless.
struct AdcLayer {
  AdcColumns columns;
  std::vector<std::int32_t> plain;  ///< columns.plain, packed as PackedWeights::direct
};

/// One layer as inference needs it; the weights are shared, since they depend on (layer, bits)
/// only.
struct PreparedLayer {
  std::shared_ptr<const PackedWeights> weights;
  std::shared_ptr<const AdcLayer> adc;  ///< instead of `weights`
  int activation_bits = 8;
  int output_bits = 0;             ///< 0: accumulators
  std::vector<double> multiplier;  ///< times 2^-shift
  std::vector<double> bias;        ///< times 2^-shift
};

struct PreparedNetwork {
  std::vector<PreparedLayer> layers;
  std::vector<std::int64_t> output_bias;  ///< below 2^30 in size, so that logits fit 32 bits
  /// One per layer: names everything that the layer's output map depends on besides the image.
  /// Empty: maps are not kept for other policies.
  std::vector<std::string> prefixes;
};

/// Exact integer inference of one network over the images of one dataset, kLanes images at a time
/// and spread over threads. One call of run() at a time.
class BatchInference {
 public:
  /// Keeps a reference to `data`. `threads` = 0: all cores.
  BatchInference(const Network& network, const Dataset& data, int threads);
  ~BatchInference();

  const Network& network() const { return network_; }
  PackedWeights pack(std::size_t layer, const Eigen::MatrixXi& weights) const;
  /// The same with every conversion modelled; null when no input could make one of them change.
  std::shared_ptr<const AdcLayer> pack_adc(std::size_t layer, const AdcModel& adc,
                                           const Eigen::MatrixXi& weights, int weight_bits) const;
  /// Everything of `integers` but its weights.
  static PreparedLayer prepare(const IntegerLayer& integers,
                               std::shared_ptr<const PackedWeights> weights);

  /// Runs `images` images from `first` on. Returns the conversions that saturated, by layer.
  std::vector<std::uint64_t> run(const PreparedNetwork& prepared, std::size_t first,
                                 std::size_t images, const LogitsConsumer& consume);

  /// Maps of the policies before.
  const PrefixStore& prefixes() const { return prefixes_; }

 private:
  struct LayerPlan;
  struct Scratch;
  struct Shortcut;
  /// Lanes that hold images which were asked for.
  struct Lanes {
    int first = 0, end = 0;
  };

  static void deliver_row(const std::int32_t* sums, std::ptrdiff_t step, int width,
                          std::int64_t bias, std::int32_t* logits);
  static OutputRow requantised_row(const PreparedLayer& layer, const Layer& shape,
                                   const LayerPlan& plan, const std::int32_t* sums, int c,
                                   int channels, std::uint8_t* outputs);
  /// Bytes of a layer's output map of one block.
  std::size_t map_bytes(std::size_t layer) const;
  Shortcut find_shortcut(const PreparedNetwork& prepared, std::size_t first_block,
                         std::size_t blocks);
  void infer(const PreparedNetwork& prepared, std::size_t block, const Lanes& lanes,
             Shortcut& shortcut, Scratch& scratch) const;
  std::vector<std::int32_t> pack_direct(std::size_t layer, const Eigen::MatrixXi& weights) const;
  /// Line `line` of the convolved map, over the pairs in `scratch`; its sums are the caller's.
  static WindowRow window_row(const LayerPlan& plan, const Layer& shape, int line,
                              const std::int32_t* weights, int channels, const Scratch& scratch);
  void compute_layer(std::size_t l, const PreparedLayer& layer, const std::int64_t* output_bias,
                     const std::uint8_t* map, Scratch& scratch) const;
  /// A layer whose conversions are modelled; conversions count as saturated in `lanes` only.
  void compute_columns(std::size_t l, const PreparedLayer& layer, const std::int64_t* output_bias,
                       const std::uint8_t* map, const Lanes& lanes, Scratch& scratch) const;
  /// Sums of products of AdcLayer::plain for every window: (window, channel, lane).
  void compute_plain(std::size_t l, const PreparedLayer& layer, const std::uint8_t* map,
                     Scratch& scratch) const;
  /// A layer by Winograd tiles: a block of tiles at a time, then a chunk of output channels.
  void compute_tiles(std::size_t l, const PreparedLayer& layer, const std::uint8_t* map,
                     Scratch& scratch) const;
  void requantise_tiles(std::size_t l, const PreparedLayer& layer, int first_tile, int tiles,
                        int first_channel, int channels, Scratch& scratch) const;

  const Network network_;
  const Dataset& data_;
  std::vector<LayerPlan> plans_;
  std::vector<std::uint8_t>
      images_;                   ///< the dataset's first blocks in lane order, filled on demand
  std::size_t interleaved_ = 0;  ///< blocks of images_ that are filled
  std::vector<std::unique_ptr<Scratch>> scratch_;  ///< one per thread
  PrefixStore prefixes_;
};

}  // namespace kirchhoff::quant
