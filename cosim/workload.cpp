#include "cosim/workload.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "base/cache_folder.h"
#include "base/refusal.h"
#include "quant/float/float_network.h"
#include "quant/model/model.h"
#include "quant/network/lower.h"
#include "quant/network/networks.h"
#include "quant/quantizer/clip_cache.h"

namespace kirchhoff::cosim {
Workload::Workload(const WorkloadOptions& options, quant::Model model, quant::ClipTable clips,
                   quant::Dataset validation)
    : options_(options),
      quantizer_(std::make_unique<quant::Quantizer>(std::move(model), std::move(clips))),
      validation_(std::make_unique<quant::Dataset>(std::move(validation))) {}

const quant::Dataset& Workload::test() {
  if (!test_) {
    test_ = std::make_unique<quant::Dataset>(
        quant::load_dataset(options_.dataset, quant::Part::kTest, network(), options_.data_dir));
  }
  return *test_;
}

std::vector<std::string> Workload::dataset_files() const {
  std::vector<std::string> files = validation_->files;
  if (test_) files.insert(files.end(), test_->files.begin(), test_->files.end());
  return files;
}

TrainedModel load_trained_model(const WorkloadOptions& options) {
  const quant::DescribedNetwork described = quant::describe_network(options.network);
  const quant::Network network = lower(described.graph).network;
  if (options.weights.empty()) {
    if (auto own = quant::described_model(described, options.dataset)) return {*std::move(own), ""};
  }
  const std::string path =
      options.weights.empty() ? quant::find_model(network.name, options.dataset) : options.weights;
  return {quant::load_model(path, described.graph), path};
}

Workload load_workload(const WorkloadOptions& options) {
  TrainedModel trained = load_trained_model(options);
  quant::Model& model = trained.model;
  const quant::Network& network = model.network;
  const quant::Dataset all =
      quant::load_dataset(options.dataset, quant::Part::kTrain, network, options.data_dir);
  const quant::Split split = quant::split_training_set(all);
  const std::size_t images = std::min(quant::kCalibrationImages, split.train.size());
  const quant::Dataset calibration =
      all.subset({split.train.begin(), split.train.begin() + static_cast<std::ptrdiff_t>(images)});
  const auto pass = [&](const quant::ActivationVisitor& visit) {
    quant::visit_activations(model, calibration, visit);
  };
  quant::ClipTable clips = quant::calibrate_cached(
      model, calibration, pass, std::filesystem::path(trained.path).parent_path().string(),
      cache_folder(), options.quantization);
  quant::apply_tuned_clips(model, clips);
  return {options, std::move(model), std::move(clips), all.subset(split.validation)};
}

}  // namespace kirchhoff::cosim
