#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "quant/accuracy/window_kernel.h"
#include "quant/data/dataset.h"
#include "quant/network/integer_network.h"

namespace kirchhoff::quant {

/// Integer weights of one layer in the order in which the kernel reads them.
using PackedWeights = std::vector<std::int32_t>;

/// One layer as inference needs it; the weights are shared, since they depend on (layer, bits)
/// only.
struct PreparedLayer {
  std::shared_ptr<const PackedWeights> weights;
  int activation_bits = 8;
  int output_bits = 0;             ///< 0: accumulators
  std::vector<double> multiplier;  ///< times 2^-shift
  std::vector<double> bias;        ///< times 2^-shift
};

struct PreparedNetwork {
  std::vector<PreparedLayer> layers;
  std::vector<std::int64_t> output_bias;  ///< below 2^30 in size, so that logits fit 32 bits
};

/// Exact integer inference of one network over the images of one dataset, kLanes images at a time
/// and spread over threads. One call of run() at a time.
class BatchInference {
 public:
  /// Keeps a reference to `data`. `threads` = 0: all cores.
  BatchInference(const Network& network, const Dataset& data, int threads, Isa isa = best_isa());
  ~BatchInference();

  const Network& network() const { return network_; }
  PackedWeights pack(std::size_t layer, const Eigen::MatrixXi& weights) const;
  /// Everything of `integers` but its weights.
  static PreparedLayer prepare(const IntegerLayer& integers,
                               std::shared_ptr<const PackedWeights> weights);

  /// Runs the first `images` and hands every block of kLanes to `consume(first image, images in the
  /// block, logits)`, from several threads and in no order. Logits are (channel, row, column,
  /// lane).
  void run(const PreparedNetwork& prepared, std::size_t images,
           const std::function<void(std::size_t, int, const std::int32_t*)>& consume);

 private:
  struct LayerPlan;
  struct Scratch;

  void infer(const PreparedNetwork& prepared, std::size_t block, Scratch& scratch) const;
  void compute_layer(std::size_t l, const PreparedLayer& layer, const std::int64_t* output_bias,
                     const std::uint8_t* map, Scratch& scratch) const;

  const Network network_;
  const Dataset& data_;
  const Isa isa_;
  std::vector<LayerPlan> plans_;
  std::vector<std::uint8_t>
      images_;                   ///< the dataset's first blocks in lane order, filled on demand
  std::size_t interleaved_ = 0;  ///< blocks of images_ that are filled
  std::vector<std::unique_ptr<Scratch>> scratch_;  ///< one per thread
};

}  // namespace kirchhoff::quant
