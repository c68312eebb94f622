#pragma once

#include <string>
#include <vector>

#include "cosim/chip_adc.h"
#include "cosim/workload.h"
#include "quant/network/policy.h"
#include "quant/training/training.h"

namespace kirchhoff::cosim {

/// Accuracies in the chip's integers.
struct TuningAccuracy {
  double validation_pct = 0.0, test_pct = 0.0;
};

struct TunedModel {
  TuningAccuracy before, after;
  std::string provenance;  ///< JSON: command, policy and accuracies
};

/// The quantisation of `policy`, as a network feels it in training.
quant::FakeQuantization fake_quantization(quant::Quantizer& quantizer, const quant::Policy& policy,
                                          bool learned);

/// InputError for ways to quantise that fine-tuning does not know.
void refuse_untunable(const quant::QuantizationOptions& options);

/// Fine-tunes the workload's model to `policy` on its training images and writes it to `out`; the
/// checkpoint of `options` is removed at the end. `clips` is "learned" or "fixed". With `chips` the
/// accuracies are the means of what those have, and where their cells are real every step of the
/// training feels those of another chip of the first one's kind (docs/cells.md). RunError when the
/// user stops it; InputError for codebooks on real cells.
TunedModel fine_tune(Workload& workload, const quant::Policy& policy, const std::string& clips,
                     quant::TrainingOptions options, int threads, const std::string& out,
                     const std::vector<ChipAdc>& chips = {});

}  // namespace kirchhoff::cosim
