#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "quant/data/dataset.h"
#include "quant/model/model.h"
#include "quant/training/batch.h"

namespace kirchhoff::quant {

/// AdamW with a warm-up and a cosine to zero; the result is the exponential moving average of the
/// weights.
struct TrainingOptions {
  int epochs = 60;
  int batch = 128;
  double learning_rate = 3e-3;   ///< peak
  double weight_decay = 0.02;    ///< decoupled, on weights but not on biases
  double average_decay = 0.998;  ///< of the moving average, per step
  std::uint64_t seed = 1;
  std::string device = "cpu";
  Augmentation augmentation;
  std::string checkpoint;  ///< written whole after every epoch; empty = none
  bool resume = false;     ///< continue `checkpoint`
};

struct TrainingProgress {
  int epochs_done = 0;
  std::size_t images_done = 0;  ///< over all epochs
  std::size_t images_total = 0;
  double loss = 0.0;                     ///< mean over the present epoch so far
  std::optional<double> validation_pct;  ///< after the last finished epoch
};
/// Called after every batch; false asks to stop.
using TrainingCallback = std::function<bool(const TrainingProgress&)>;

struct TrainingOutcome {
  bool finished = false;  ///< false: stopped by the callback; the checkpoint continues it
  int epochs_done = 0;
  Model model;  ///< without provenance
  double validation_pct = 0.0;
};

/// Trains `network` on `train`. The same arguments give the same weights, bit for bit, on one
/// machine with one number of threads, whether or not the training was interrupted and resumed in
/// between. InputError: an option out of range, data that do not fit the network, or a checkpoint
/// that is broken or belongs to another training.
TrainingOutcome train_network(const Network& network, const Dataset& train,
                              const Dataset& validation, const TrainingOptions& options,
                              const TrainingCallback& callback);

/// Percentage of `data` that `model` classifies correctly in float32.
double float_accuracy_pct(const Model& model, const Dataset& data);

/// Version of the LibTorch that is in use.
std::string torch_version();

}  // namespace kirchhoff::quant
