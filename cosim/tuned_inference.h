#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "cosim/chip_adc.h"
#include "cosim/workload.h"
#include "quant/accuracy/accuracy_engine.h"
#include "quant/quantizer/quantizer.h"
#include "quant/training/training.h"

namespace kirchhoff::cosim {

/// Inference with weights that were fine-tuned to the policy first, as HAQ's search does; W8A8, the
/// reference, keeps the weights as they are. Every fine-tuning starts from the workload's weights
/// and draws the same images, on one thread, so logits are a pure function of the policy.
class TunedInference {
 public:
  /// `images` of the training images (0 = all) are seen in each of `epochs`. Keeps references to
  /// the workload and the ADC. InputError for ways to quantise that fine-tuning does not know.
  TunedInference(Workload& workload, const ChipAdc& adc, int epochs, std::size_t images,
                 int threads);
  ~TunedInference();

  quant::ImageLogits logits(const quant::Dataset& split, const quant::Policy& policy,
                            std::size_t first, std::size_t count);
  /// For what is remembered: everything that the logits depend on besides the workload.
  std::string description() const;

 private:
  void tune(const quant::Policy& policy);

  Workload& workload_;
  const ChipAdc& adc_;
  quant::TrainingOptions options_;
  const int threads_;
  quant::Dataset train_, glance_;
  std::string tuned_for_;  ///< the policy of the two below
  std::unique_ptr<quant::Quantizer> quantizer_;
};

}  // namespace kirchhoff::cosim
