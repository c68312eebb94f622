#include "quant/training/training.h"

namespace kirchhoff::quant {

TrainingOptions recommended_fine_tuning(const std::string& network) {
  TrainingOptions options;
  options.augmentation.shift = 2;
  options.epochs = network == "vgg13" ? 1 : 10;
  options.learning_rate = network == "vgg13" ? 1e-4 : 1e-3;
  options.weight_decay = 0.0;
  options.average_decay = 0.998;
  return options;
}

TrainingOptions recommended_training(const std::string& network) {
  TrainingOptions options;
  options.augmentation.shift = 2;
  if (network == "vgg13") {
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
  }
  return options;
}

}  // namespace kirchhoff::quant
