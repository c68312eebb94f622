#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "quant/accuracy/inference_engine.h"
#include "quant/accuracy/lane_images.h"
#include "quant/accuracy/map_places.h"
#include "quant/accuracy/prefix_store.h"
#include "quant/accuracy/stage_kernel.h"
#include "quant/data/dataset.h"
#include "quant/network/golden.h"

namespace kirchhoff::quant {

/// The engine for 2..8 bits, by our own kernels: kLanes images at a time, spread over threads. With
/// an AdcModel, every conversion is modelled, where countable().
///
/// Keeps up to 512 MiB of maps from the middle of the network for policies that begin alike, behind
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
  /// A layer under one policy.
  struct PreparedLayer {
    std::shared_ptr<const StageKernel> kernel;
    Requantisation requantisation;
    int input_bits = 8, residual_bits = 8;
  };
  struct PreparedNetwork {
    IndexedVector<LayerId, PreparedLayer> layers;
    /// One per layer: names everything that the maps behind it depend on besides the image. Empty:
    /// maps are not kept for other policies.
    IndexedVector<LayerId, std::string> prefixes;
  };
  /// What of a layer is the same under every policy.
  struct LayerPlan {
    bool input_signed = false, residual_signed = false;
    bool worth_keeping = false;  ///< what is live behind it, for policies that begin alike
    std::vector<TensorId> live;  ///< behind it
  };
  struct Scratch;
  struct Shortcut;

  void plan();
  PreparedNetwork prepare(const PolicyIntegers& integers);
  Shortcut find_shortcut(const PreparedNetwork& prepared, std::size_t first_block,
                         std::size_t blocks);
  void infer(const PreparedNetwork& prepared, std::size_t block, const Lanes& lanes,
             Shortcut& shortcut, Scratch& scratch) const;
  /// The image and what the shortcut starts from.
  void enter(const PreparedNetwork& prepared, std::size_t block, const Shortcut& shortcut,
             Scratch& scratch) const;

  const Network network_;
  const Dataset& data_;
  const std::optional<AdcModel> adc_;
  const bool plain_;
  const MapPlaces places_;
  IndexedVector<LayerId, LayerPlan> plans_;
  LaneImages images_;
  std::vector<std::unique_ptr<Scratch>> scratch_;  ///< one per thread
  /// By the policy's width of the weights.
  IndexedVector<LayerId, std::array<std::shared_ptr<const StageKernel>, kMaxSearchBits + 1>>
      kernels_;
  PrefixStore prefixes_;
  bool share_prefixes_ = true;
};

}  // namespace kirchhoff::quant
