#pragma once

#include <memory>
#include <string>
#include <vector>

#include "quant/data/dataset.h"
#include "quant/quantizer/calibration.h"
#include "quant/quantizer/quantizer.h"

namespace kirchhoff::cosim {

/// What `evaluate`, `simulate` and `search` work on, as the user names it.
struct WorkloadOptions {
  std::string network = "lenet5";
  std::string dataset = "fashion-mnist";
  std::string data_dir;  ///< where the dataset must be; empty: where it usually is
  std::string weights;  ///< model file; empty: the one that is shipped for this network and dataset
  quant::QuantizationOptions quantization;
};

/// A trained network with its calibrated quantiser and its images.
class Workload {
 public:
  Workload(const WorkloadOptions& options, quant::Model model, quant::ClipTable clips,
           quant::Dataset validation);

  const quant::Network& network() const { return quantizer_->model().network; }
  const quant::Model& model() const { return quantizer_->model(); }
  quant::Quantizer& quantizer() { return *quantizer_; }
  /// What a search may look at: 5,000 images of the training part.
  const quant::Dataset& validation() const { return *validation_; }
  /// Read on first use: only a report needs it.
  const quant::Dataset& test();
  /// The files of the dataset that were read so far.
  std::vector<std::string> dataset_files() const;
  const WorkloadOptions& options() const { return options_; }

 private:
  WorkloadOptions options_;
  // On the heap: an accuracy engine keeps references while the workload moves.
  std::unique_ptr<quant::Quantizer> quantizer_;
  std::unique_ptr<quant::Dataset> validation_;
  std::unique_ptr<quant::Dataset> test_;
};

/// A trained network without its images.
struct TrainedModel {
  quant::Model model;
  std::string path;  ///< of its weights' file; empty: those of the network's own
};
/// InputError when it is missing, broken or does not fit the network.
TrainedModel load_trained_model(const WorkloadOptions& options);

/// Reads model and images and calibrates the clips (or reads them from the cache).
/// InputError when any of them is missing, broken or does not fit the network.
Workload load_workload(const WorkloadOptions& options);

}  // namespace kirchhoff::cosim
