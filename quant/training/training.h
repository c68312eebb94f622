#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "quant/model/model.h"
#include "quant/training/batch.h"
#include "quant/training/fake_quantization.h"

namespace kirchhoff::quant {

enum class OptimizerKind {
  kAdamW,  ///< Loshchilov and Hutter: beta 0.9 and 0.999, decoupled weight decay
  kSgd,    ///< Nesterov momentum 0.9, weight decay added to the gradient
};

/// A training that starts from a trained model and feels a policy's quantisation.
struct FineTuning {
  Model start;
  FakeQuantization quantization;
};

/// The learning rate rises linearly over the first `warm_up` of all steps and falls to zero along a
/// cosine or a line; the result is the exponential moving average of the weights.
struct TrainingOptions {
  int epochs = 60;
  int batch = 128;
  OptimizerKind optimizer = OptimizerKind::kAdamW;
  double learning_rate = 3e-3;   ///< peak
  double warm_up = 0.1;          ///< share of all steps
  bool linear_decay = false;     ///< a line instead of a cosine
  double weight_decay = 0.02;    ///< on weights but not on biases and batch norms
  double average_decay = 0.998;  ///< of the moving average, per step
  double label_smoothing = 0.0;  ///< share of the target that is spread over all classes
  bool batch_norm = false;       ///< trained behind every convolution, folded into the result
  /// The first epochs see images averaged down to three quarters of their side; only for networks
  /// that fit them, as resized() says. A step then costs little more than half.
  int small_epochs = 0;
  bool bf16 = false;                              ///< convolutions in bfloat16
  std::shared_ptr<const FineTuning> fine_tuning;  ///< null: from random weights, in float
  bool half = false;  ///< round the result to half precision, as its model file holds it
  std::uint64_t seed = 1;
  std::string device = "cpu";
  Augmentation augmentation;
  /// Written whole after every epoch, when the training is stopped and every `checkpoint_steps`;
  /// empty = none.
  std::string checkpoint;
  int checkpoint_steps = 100;
  bool resume = false;       ///< continue `checkpoint`
  bool export_only = false;  ///< only fill TrainingOutcome::model with what `checkpoint` holds
};

struct TrainingProgress {
  int epochs_done = 0;
  std::size_t images_before = 0;  ///< done by earlier runs of a resumed training
  std::size_t images_done = 0;    ///< over all epochs
  std::size_t images_total = 0;
  double loss = 0.0;                     ///< mean over the present epoch so far
  std::optional<double> validation_pct;  ///< after the last finished epoch
};
/// Called after every batch; false asks to stop.
using TrainingCallback = std::function<bool(const TrainingProgress&)>;

struct TrainingOutcome {
  bool finished = false;  ///< false: stopped by the callback; the checkpoint continues it
  int epochs_done = 0;
  Model model;                  ///< without provenance; empty after a stop
  double validation_pct = 0.0;  ///< in float, fine-tuned models with fake quantisation
};

/// What trains a network well: batch norm, momentum and one cycle where it is deep, AdamW for the
/// rest.
TrainingOptions recommended_training(const Network& network);

/// What adapts a trained network to a policy in a few epochs.
TrainingOptions recommended_fine_tuning(const Network& network);

}  // namespace kirchhoff::quant
