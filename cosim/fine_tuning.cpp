#include "cosim/fine_tuning.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <regex>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json_text.h"
#include "cosim/training_library.h"
#include "cosim/training_run.h"
#include "quant/accuracy/accuracy_engine.h"

namespace kirchhoff::cosim {
namespace {

/// "cells.spread = normal, cells.sigma = 0.1" as options.
std::string cell_options(const std::string& cells) {
  if (cells.empty()) return "";
  return " --" + std::regex_replace(std::regex_replace(cells, std::regex(", "), " --"),
                                    std::regex(" = "), " ");
}

/// What reproduces the weights: the options that decide them, without paths. `cells` is
/// ChipAdc::cells().
std::string command_line(const WorkloadOptions& workload, const quant::Policy& policy,
                         const std::string& clips, const quant::TrainingOptions& t,
                         const std::string& cells) {
  const quant::WeightQuantizer quantizer = workload.quantization.weights;
  const std::string weights = quantizer == quant::WeightQuantizer::kLinear
                                  ? ""
                                  : " --weight-quantizer " + weight_quantizer_name(quantizer);
  return fmt::format(
      "kirchhoff finetune --network {} --dataset {} --policy {}{} --clips {} --epochs {} --batch "
      "{} "
      "--lr {} --average {} --seed {} --device {}{}",
      workload.network, workload.dataset, policy.to_string(), weights, clips, t.epochs, t.batch,
      t.learning_rate, t.average_decay, t.seed, t.device, cell_options(cells));
}

/// In the chips' integers.
TuningAccuracy measure(quant::Quantizer& quantizer, const quant::Dataset& validation,
                       const quant::Dataset& test, const quant::Policy& policy,
                       const std::vector<ChipAdc>& chips) {
  const auto on = [&](const quant::Dataset& split, const quant::AdcModel* adc) {
    return quant::AccuracyEngine(quantizer, split, 0, adc).evaluate(policy).pct();
  };
  if (chips.empty()) return {on(validation, nullptr), on(test, nullptr)};
  TuningAccuracy sum;
  for (const ChipAdc& chip : chips) {
    const quant::AdcModel* const adc = chip.of(quantizer.model());
    sum.validation_pct += on(validation, adc);
    sum.test_pct += on(test, adc);
  }
  const auto count = static_cast<double>(chips.size());
  return {sum.validation_pct / count, sum.test_pct / count};
}

}  // namespace

quant::FakeQuantization fake_quantization(quant::Quantizer& quantizer, const quant::Policy& policy,
                                          bool learned) {
  const quant::ClipTable& clips = quantizer.clips();
  quant::FakeQuantization quantization;
  quantization.weights = clips.weights;
  quantization.policy = policy;
  quantization.learned = learned;
  for (const quant::LayerId l : policy.layers.ids()) {
    const auto w = static_cast<std::size_t>(policy.layers[l].weight);
    quantization.weight_clips.push_back(w == 0 ? 1.0f : clips.weight[l][w]);
    std::vector<std::int64_t>& entries = quantization.entries.emplace_back();
    if (has_codebook(clips.weights, policy.layers[l].weight))
      entries = quantizer.entry_numbers(l, policy.layers[l].weight);
  }
  const quant::Tensors tensors(quantizer.model().network);
  for (const quant::TensorId map : clips.activation.ids()) {
    const auto a = static_cast<std::size_t>(tensors.bits(map, policy));
    quantization.activation_clips.push_back(clips.activation[map][a]);
  }
  return quantization;
}

void refuse_untunable(const quant::QuantizationOptions& options) {
  if (options.per_channel || options.bias_correction) {
    throw InputError(fmt::format("--{}: fine-tuning needs one clip per layer and trains the biases",
                                 options.per_channel ? "per-channel" : "bias-correction"));
  }
}

TunedModel fine_tune(Workload& workload, const quant::Policy& policy, const std::string& clips,
                     quant::TrainingOptions options, int threads, const std::string& out,
                     const std::vector<ChipAdc>& chips) {
  const bool real_cells = !chips.empty() && chips.front().real_cells();
  if (real_cells && workload.options().quantization.weights != quant::WeightQuantizer::kLinear)
    throw InputError("--weight-quantizer kmeans: fine-tuning for real cells needs linear weights");
  TunedModel result;
  result.before =
      measure(workload.quantizer(), workload.validation(), workload.test(), policy, chips);
  const WorkloadOptions& names = workload.options();
  const quant::Dataset all =
      quant::load_dataset(names.dataset, quant::Part::kTrain, workload.network(), names.data_dir);
  const quant::Dataset train = all.subset(quant::split_training_set(all).train);
  options.augmentation.flip = may_be_mirrored(names.dataset);
  auto fine_tuning = std::make_shared<quant::FineTuning>();
  fine_tuning->start = workload.model();
  fine_tuning->quantization = fake_quantization(workload.quantizer(), policy, clips == "learned");
  if (real_cells) fine_tuning->quantization.noise = chips.front().noise(options.seed);
  options.fine_tuning = fine_tuning;

  training_library().set_threads(threads);
  quant::TrainingOutcome outcome =
      run_training("finetune", workload.network(), train, workload.validation(), options);

  quant::ClipTable table = workload.quantizer().clips();
  quant::apply_tuned_clips(outcome.model, table);
  quant::Quantizer tuned(outcome.model, table);
  result.after = measure(tuned, workload.validation(), workload.test(), policy, chips);
  nlohmann::ordered_json json;
  json["command"] =
      command_line(names, policy, clips, options, chips.empty() ? "" : chips.front().deviations());
  json["dataset_variant"] = train.title();
  json["libtorch"] = training_library().version();
  json["policy"] = policy.to_string();
  if (real_cells) json["cells"] = fine_tuning->quantization.noise->description();
  if (!chips.empty()) json["chips"] = chips.size();
  json["validation_accuracy_before_pct"] = result.before.validation_pct;
  json["validation_accuracy_pct"] = result.after.validation_pct;
  json["test_accuracy_before_pct"] = result.before.test_pct;
  json["test_accuracy_pct"] = result.after.test_pct;
  result.provenance = outcome.model.provenance = json_line(json);
  quant::save_model(outcome.model, out);
  std::filesystem::remove(options.checkpoint);
  return result;
}

}  // namespace kirchhoff::cosim
