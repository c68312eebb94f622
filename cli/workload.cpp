#include "cli/workload.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include "quant/float/float_network.h"
#include "quant/model/model.h"
#include "quant/quantizer/clip_cache.h"

namespace kirchhoff::cli {
namespace {

const std::map<std::string, quant::ClipMethod> kClipMethods{
    {"kl", quant::ClipMethod::kKl},
    {"mse", quant::ClipMethod::kMse},
    {"percentile", quant::ClipMethod::kPercentile}};

}  // namespace

void declare_workload_options(Options& options, WorkloadOptions& workload) {
  options.text("network", workload.network, "NAME",
               "lenet5, vgg13, vgg16 or the path of a JSON description");
  options.choice("dataset", workload.dataset, quant::dataset_names(),
                 "images that it classifies; networks that take colours default to cifar10");
  options.text("data-dir", workload.data_dir, "DIR",
               "the dataset's folder (default: $KIRCHHOFF_DATA, then /usr/share/datasets)");
  options.text("weights", workload.weights, "FILE",
               "model file (default: the one shipped with the program)");
  quant::QuantizationOptions& q = workload.quantization;
  options.custom("clip", "NAME",
                 "where values are clipped: kl (least divergence), mse (least squared error), "
                 "percentile",
                 "kl", [&q](const std::string& value) {
                   const auto found = kClipMethods.find(value);
                   if (found == kClipMethods.end()) {
                     Options::refuse("clip", value, "must be kl, mse or percentile");
                   }
                   q.clip = found->second;
                 });
  options.number("percentile", q.percentile, Range{0.0, 100.0, false},
                 "of the non-zero values that fit, for --clip percentile");
  options.flag("per-channel", q.per_channel, "clip weights per output channel, not per layer");
  options.flag("bias-correction", q.bias_correction,
               "take out of every bias what rounding the weights adds on average");
  for (const char* name : {"clip", "percentile", "per-channel", "bias-correction"}) {
    options.advanced(name);
  }
}

void settle_workload(const Options& options, WorkloadOptions& workload) {
  if (!options.given("dataset")) {
    workload.dataset = quant::default_dataset(quant::find_network(workload.network));
  }
}

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

Workload load_workload(const WorkloadOptions& options) {
  const quant::Network network = quant::find_network(options.network);
  const std::string path =
      options.weights.empty() ? quant::find_model(network.name, options.dataset) : options.weights;
  quant::Model model = quant::load_model(path, network);
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
      model, calibration, pass, std::filesystem::path(path).parent_path().string(),
      quant::default_cache_dir(), options.quantization);
  quant::apply_tuned_clips(model, clips);
  return {options, std::move(model), std::move(clips), all.subset(split.validation)};
}

}  // namespace kirchhoff::cli
