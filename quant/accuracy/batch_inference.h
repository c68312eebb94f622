#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "quant/accuracy/adc_columns.h"
#include "quant/accuracy/aligned_vector.h"
#include "quant/accuracy/inference_engine.h"
#include "quant/accuracy/prefix_store.h"
#include "quant/accuracy/window_kernel.h"
#include "quant/accuracy/winograd.h"
#include "quant/data/dataset.h"
#include "quant/network/golden.h"

namespace kirchhoff::quant {

/// The engine for 2..8 bits, by our own kernels: kLanes images at a time, spread over threads. With
/// an AdcModel, every conversion is modelled, where countable().
///
/// Keeps up to 512 MiB of maps from the middle of the network for policies that begin alike, of
/// layers that are much work for few bytes; none with an AdcModel, since layers that are skipped
/// would not count what they clip.
class BatchInference : public InferenceEngine {
 public:
  /// `threads` = 0: all cores. InputError when `data` do not suit the network.
  BatchInference(const Network& network, const Dataset& data, int threads,
                 const AdcModel* adc = nullptr);
  ~BatchInference() override;

  bool takes(const PolicyIntegers& integers) const override;
  ClippedConversions run(const PolicyIntegers& integers, std::size_t first, std::size_t images,
                         const LogitsConsumer& consume) override;
  void share_prefixes(bool share) override { share_prefixes_ = share; }
  std::size_t shortcuts() const override { return prefixes_.hits(); }

 private:
  /// Integer weights of a layer in the order in which its kernel reads them.
  struct PackedWeights {
    std::vector<std::int32_t> direct;
    WinogradWeights winograd;
  };
  /// A layer some of whose conversions are not lossless.
  struct AdcLayer {
    AdcColumns columns;
    std::vector<std::int32_t> plain;  ///< columns.plain, packed as PackedWeights::direct
  };
  /// What a layer needs under some width of its weights: one of the two.
  struct Packed {
    std::shared_ptr<const PackedWeights> weights;
    std::shared_ptr<const AdcLayer> adc;
  };
  /// A layer under one policy.
  struct PreparedLayer {
    Packed packed;
    int activation_bits = 8;
    int output_bits = 0;             ///< 0: accumulators
    std::vector<double> multiplier;  ///< times 2^-shift
    std::vector<double> bias;        ///< times 2^-shift
  };
  struct PreparedNetwork {
    IndexedVector<LayerId, PreparedLayer> layers;
    std::vector<std::int64_t> output_bias;  ///< below 2^30 in size, so that logits fit 32 bits
    /// One per layer: names everything that the layer's output map depends on besides the image.
    /// Empty: maps are not kept for other policies.
    IndexedVector<LayerId, std::string> prefixes;
  };
  struct LayerPlan;
  struct Scratch;
  struct Shortcut;
  /// Lanes that hold images which were asked for.
  struct Lanes {
    int first = 0, end = 0;
  };

  Packed pack(LayerId layer, const Eigen::MatrixXi& weights, int weight_bits) const;
  PreparedNetwork prepare(const PolicyIntegers& integers);
  static void deliver_row(const std::int32_t* sums, std::ptrdiff_t step, int width,
                          std::int64_t bias, std::int32_t* logits);
  static OutputRow requantised_row(const PreparedLayer& layer, const Layer& shape,
                                   const LayerPlan& plan, const std::int32_t* sums, int c,
                                   int channels, std::uint8_t* outputs);
  /// Bytes of a layer's output map of one block.
  std::size_t map_bytes(LayerId layer) const;
  Shortcut find_shortcut(const PreparedNetwork& prepared, std::size_t first_block,
                         std::size_t blocks);
  void infer(const PreparedNetwork& prepared, std::size_t block, const Lanes& lanes,
             Shortcut& shortcut, Scratch& scratch) const;
  std::vector<std::int32_t> pack_direct(LayerId layer, const Eigen::MatrixXi& weights) const;
  /// Line `line` of the convolved map, over the pairs in `scratch`; its sums are the caller's.
  static WindowRow window_row(const LayerPlan& plan, const Layer& shape, int line,
                              const std::int32_t* weights, int channels, const Scratch& scratch);
  void compute_layer(LayerId l, const PreparedLayer& layer, const std::int64_t* output_bias,
                     const std::uint8_t* map, Scratch& scratch) const;
  /// A layer whose conversions are modelled; conversions count as saturated in `lanes` only.
  void compute_columns(LayerId l, const PreparedLayer& layer, const std::int64_t* output_bias,
                       const std::uint8_t* map, const Lanes& lanes, Scratch& scratch) const;
  /// Sums of products of AdcLayer::plain for every window: (window, channel, lane).
  void compute_plain(LayerId l, const PreparedLayer& layer, const std::uint8_t* map,
                     Scratch& scratch) const;
  /// A layer by Winograd tiles: a block of tiles at a time, then a chunk of output channels.
  void compute_tiles(LayerId l, const PreparedLayer& layer, const std::uint8_t* map,
                     Scratch& scratch) const;
  void requantise_tiles(LayerId l, const PreparedLayer& layer, int first_tile, int tiles,
                        int first_channel, int channels, Scratch& scratch) const;

  const Network network_;
  const Dataset& data_;
  const std::optional<AdcModel> adc_;
  IndexedVector<LayerId, LayerPlan> plans_;
  std::vector<std::uint8_t>
      images_;                   ///< the dataset's first blocks in lane order, filled on demand
  std::size_t interleaved_ = 0;  ///< blocks of images_ that are filled
  std::vector<std::unique_ptr<Scratch>> scratch_;                          ///< one per thread
  IndexedVector<LayerId, std::array<Packed, kMaxSearchBits + 1>> packed_;  ///< by width
  PrefixStore prefixes_;
  bool share_prefixes_ = true;
};

}  // namespace kirchhoff::quant
