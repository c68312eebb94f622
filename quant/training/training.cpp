#include "quant/training/training.h"

namespace kirchhoff::quant {
namespace {

/// More layers than learn well without batch norm.
bool is_deep(const Network& network) { return network.weight_layers().size() > 6; }

/// So much work that every epoch counts.
bool is_large(const Network& network) {
  long long macs = 0;
  for (const Layer& layer : network.layers) macs += layer.macs();
  return macs > 100'000'000;
}

}  // namespace

TrainingOptions recommended_fine_tuning(const Network& network) {
  TrainingOptions options;
  options.augmentation.shift = 2;
  options.epochs = is_large(network) ? 1 : is_deep(network) ? 2 : 10;
  options.learning_rate = is_large(network) ? 1e-4 : is_deep(network) ? 3e-4 : 1e-3;
  options.weight_decay = 0.0;
  options.average_decay = 0.998;
  return options;
}

TrainingOptions recommended_training(const Network& network) {
  TrainingOptions options;
  options.augmentation.shift = 2;
  if (!is_deep(network)) return options;
  // One cycle, as Smith and Topin describe it ("Super-convergence", 2018).
  options.epochs = 10;
  options.optimizer = OptimizerKind::kSgd;
  options.learning_rate = 0.1;
  options.warm_up = 0.2;
  options.linear_decay = true;
  options.weight_decay = 5e-4;
  options.average_decay = 0.995;
  options.label_smoothing = 0.1;
  options.batch_norm = true;
  options.half = true;
  if (is_large(network)) return options;
  // Small ones learn for longer, at a higher rate, and need less to be held back.
  options.epochs = 24;
  options.learning_rate = 0.2;
  options.label_smoothing = 0.0;
  options.augmentation.shift = 4;
  return options;
}

}  // namespace kirchhoff::quant
