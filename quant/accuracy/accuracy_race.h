#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "quant/accuracy/accuracy_engine.h"
#include "quant/accuracy/accuracy_memo.h"
#include "quant/network/policy.h"

namespace kirchhoff::quant {

struct RaceOptions {
  std::size_t first_images =
      1000;                       ///< that decide whether to go on; 0: no race, all images at once
  double max_loss_points = 10.0;  ///< a policy that surely loses more against the reference stops
  double errors = 3.0;            ///< "surely": by so many standard errors
};

/// Accuracy of policies for a search: few images first, and the rest only for policies that have
/// not collapsed. Every policy is compared with the reference image by image.
class AccuracyRace {
 public:
  /// Logits of `count` images from `first` on.
  using Infer =
      std::function<ImageLogits(const Policy& policy, std::size_t first, std::size_t count)>;

  struct Result {
    Comparison comparison;  ///< over the images that were looked at
    bool stopped = false;
    /// Of all images; of a stopped policy the reference's accuracy less the loss on the first ones.
    double accuracy_pct = 0.0;
    /// Mean divergence from the reference over the images that were looked at, in nats.
    double divergence() const { return comparison.divergence(); }
  };

  /// The race runs over `labels.size()` images. Keeps references to `labels` and `memo`.
  /// Divergences are from what `teacher` infers under the reference: a network without the faults
  /// of the one that is looked at, whose own reference may be worse than a policy. Without one they
  /// are from that.
  AccuracyRace(Infer infer, const std::vector<std::uint8_t>& labels, Policy reference,
               const RaceOptions& options, AccuracyMemo& memo, Infer teacher = {});

  /// With `to_the_end` no policy is stopped.
  Result run(const Policy& policy, bool to_the_end = false);
  /// Whether run() would have to infer anything but the reference.
  bool knows(const Policy& policy, bool to_the_end = false) const;
  /// Infers what every comparison needs.
  void prepare();
  /// Policies that stopped early, and images that were classified.
  std::size_t stopped() const { return stopped_; }
  std::size_t classified() const { return classified_; }

 private:
  bool races(const Policy& policy) const;
  bool collapsed(const Comparison& comparison) const;
  Comparison compare(const Policy& policy, std::size_t first, std::size_t count);
  const ImageLogits& reference_logits();
  const ImageLogits& teacher_logits();

  const Infer infer_, teacher_;
  const std::vector<std::uint8_t>& labels_;
  const Policy reference_;
  const RaceOptions options_;
  AccuracyMemo& memo_;
  ImageLogits reference_logits_, teacher_logits_;  ///< filled when first needed
  std::size_t stopped_ = 0, classified_ = 0;
};

}  // namespace kirchhoff::quant
