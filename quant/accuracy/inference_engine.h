#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include <Eigen/Core>

#include "quant/network/integer_network.h"
#include "quant/network/policy.h"

namespace kirchhoff::quant {

/// Conversions that saturated; zeros where none is modelled.
using ClippedConversions = IndexedVector<LayerId, std::uint64_t>;

/// Gets the logits of `images` images from `first` on, (image, logit): accumulators plus output
/// bias. An engine calls it from several threads at a time and in no order, once for every image.
using LogitsConsumer =
    std::function<void(std::size_t first, int images, const std::int64_t* logits)>;

/// A network's integers under one policy, as an engine takes them: the weights by reference, since
/// they depend on (layer, width) only and are large.
struct PolicyIntegers {
  PolicyIntegers() = default;
  /// Refers to the network's weights.
  explicit PolicyIntegers(const IntegerNetwork& network);

  Policy policy;
  IndexedVector<LayerId, IntegerLayer> layers;  ///< without weights
  /// rows() x out_channels; null or empty where a layer has none.
  IndexedVector<LayerId, const Eigen::MatrixXi*> weights;
  std::vector<std::int64_t> output_bias;

  /// More than 8 bits somewhere.
  bool wide() const;
  /// InputError if so.
  void refuse_wide() const;
  /// The same with copies of the weights.
  IntegerNetwork with_weights(const Network& network) const;
};

/// Exact inference of one network over the images of one dataset: the integers of
/// golden_inference(), bit for bit, by whatever means. An engine is made for a network, a dataset
/// that outlives it and, where it models the chip's converters, an AdcModel.
///
/// All that it is given is of one model: what it has prepared of a layer's weights for one width it
/// keeps for the next policy. One call at a time, from any thread; it spreads over threads itself.
class InferenceEngine {
 public:
  virtual ~InferenceEngine() = default;

  /// Whether it can compute such integers.
  virtual bool takes(const PolicyIntegers& integers) const = 0;

  /// Computes `images` images from `first` on. InputError when it does not take the integers or the
  /// dataset has fewer images; what `consume` throws ends the run and is thrown again.
  virtual ClippedConversions run(const PolicyIntegers& integers, std::size_t first,
                                 std::size_t images, const LogitsConsumer& consume) = 0;

  /// False: every run computes all layers, also those that a policy before began with.
  virtual void share_prefixes(bool /*share*/) {}
  /// Runs that started from maps in the middle of the network.
  virtual std::size_t shortcuts() const { return 0; }
};

}  // namespace kirchhoff::quant
