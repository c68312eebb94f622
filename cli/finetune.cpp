#include <filesystem>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/output_path.h"
#include "cli/training_run.h"
#include "cli/workload.h"
#include "quant/accuracy/accuracy_engine.h"
#include "quant/network/policy.h"
#include "quant/training/threads.h"
#include "quant/training/trainer.h"
#include "traces/atomic_file.h"
#include "traces/error.h"

namespace kirchhoff::cli {
namespace {

struct FinetuneArguments {
  WorkloadOptions workload;
  std::string policy;
  std::string clips = "learned";
  std::string out;
  std::string json;
  int threads = 1;  // the result does not depend on the machine's cores then
  quant::TrainingOptions training;
};

/// False after --help.
bool read_arguments(const std::vector<std::string>& arguments, FinetuneArguments& a) {
  quant::TrainingOptions& t = a.training;
  // The network decides the defaults of the others.
  std::string network = a.workload.network;
  for (std::size_t i = 0; i + 1 < arguments.size(); ++i) {
    if (arguments[i] == "--network") network = arguments[i + 1];
  }
  t = quant::recommended_fine_tuning(network);
  Options options("finetune",
                  "Adapts a trained network to a bit-width policy: trains on with the rounding of "
                  "weights and activations in place (straight-through estimator).");
  declare_workload_options(options, a.workload);
  options.text("policy", a.policy, "POLICY",
               "W6A4, a list 8/8,6/4,… (weight/activation per layer) or a JSON file");
  options.require("policy");
  options.text("out", a.out, "FILE", "model file (default NETWORK-DATASET-tuned.kmodel)");
  options.text("json", a.json, "FILE", "write the accuracies there as well");
  options.section("Training");
  options.choice("clips", a.clips, {"learned", "fixed"},
                 "train the clips with the weights, or keep those that --clip finds");
  options.integer("epochs", t.epochs, 1, 100000, "passes over the training images");
  options.integer("batch", t.batch, 1, 65536, "images per step");
  options.number("lr", t.learning_rate, Range::closed(1e-9, 10), "peak learning rate of AdamW");
  options.number("average", t.average_decay, Range::closed(0, 0.999999),
                 "decay per step of the moving average of the weights");
  options.integer<std::uint64_t>("seed", t.seed, 0, UINT64_MAX, "of order and augmentation");
  options.integer("threads", a.threads, 0, 1024,
                  "computing threads, 0 = one per core; the bytes of the result depend on it");
  options.choice("device", t.device, {"cpu", "cuda"}, "where to compute");
  options.section("Interruption");
  options.text("checkpoint", t.checkpoint, "FILE",
               "state of the training (default OUT.checkpoint); removed at the end");
  options.flag("resume", t.resume, "continue the checkpoint; the outcome is the same");
  options.epilog(
      "\nexample: kirchhoff finetune --network lenet5 --policy W3A3 --out tuned.kmodel\n"
      "         kirchhoff evaluate --network lenet5 --policy W3A3 --weights tuned.kmodel\n");
  if (!options.parse(arguments)) return false;
  settle_workload(options, a.workload);
  const quant::QuantizationOptions& q = a.workload.quantization;
  if (q.per_channel || q.bias_correction) {
    throw InputError(fmt::format("--{}: fine-tuning needs one clip per layer and trains the biases",
                                 q.per_channel ? "per-channel" : "bias-correction"));
  }
  return true;
}

quant::FakeQuantization quantization_of(const quant::ClipTable& clips, const quant::Policy& policy,
                                        bool learned) {
  quant::FakeQuantization quantization;
  quantization.policy = policy;
  quantization.learned = learned;
  for (std::size_t l = 0; l < policy.layers.size(); ++l) {
    const auto w = static_cast<std::size_t>(policy.layers[l].weight);
    const auto a = static_cast<std::size_t>(policy.layers[l].activation);
    quantization.weight_clips.push_back(clips.weight[l][w]);
    quantization.activation_clips.push_back(clips.activation[l][a]);
  }
  return quantization;
}

/// What reproduces the weights: the options that decide them, without paths.
std::string command_line(const FinetuneArguments& a, const quant::Policy& policy, int threads) {
  const quant::TrainingOptions& t = a.training;
  return fmt::format(
      "kirchhoff finetune --network {} --dataset {} --policy {} --clips {} --epochs {} --batch {} "
      "--lr {} --average {} --seed {} --threads {} --device {}",
      a.workload.network, a.workload.dataset, policy.to_string(), a.clips, t.epochs, t.batch,
      t.learning_rate, t.average_decay, t.seed, threads, t.device);
}

struct Accuracies {
  double validation_pct = 0.0, test_pct = 0.0;
};

/// In the chip's integers.
Accuracies measure(quant::Quantizer& quantizer, const quant::Dataset& validation,
                   const quant::Dataset& test, const quant::Policy& policy) {
  return {quant::AccuracyEngine(quantizer, validation).evaluate(policy).pct(),
          quant::AccuracyEngine(quantizer, test).evaluate(policy).pct()};
}

}  // namespace

int finetune_command(const std::vector<std::string>& arguments) {
  FinetuneArguments a;
  if (!read_arguments(arguments, a)) return 0;
  quant::TrainingOptions& options = a.training;
  const quant::Network network = quant::find_network(a.workload.network);
  const quant::Policy policy = quant::parse_policy(a.policy, network);
  if (a.out.empty()) a.out = fmt::format("{}-{}-tuned.kmodel", network.name, a.workload.dataset);
  check_training_files(a.out, options);
  check_output_file("json", a.json);

  Workload workload = load_workload(a.workload);
  const Accuracies before =
      measure(workload.quantizer(), workload.validation(), workload.test(), policy);
  const quant::Dataset all = quant::load_dataset(a.workload.dataset, quant::Part::kTrain,
                                                 network.image, a.workload.data_dir);
  const quant::Dataset train = all.subset(quant::split_training_set(all).train);
  options.augmentation.flip = may_be_mirrored(a.workload.dataset);
  auto fine_tuning = std::make_shared<quant::FineTuning>();
  fine_tuning->start = workload.model();
  fine_tuning->quantization =
      quantization_of(workload.quantizer().clips(), policy, a.clips == "learned");
  options.fine_tuning = fine_tuning;

  const int threads = quant::set_torch_threads(a.threads);
  quant::TrainingOutcome outcome =
      run_training("finetune", network, train, workload.validation(), options);

  quant::ClipTable clips = workload.quantizer().clips();
  quant::apply_tuned_clips(outcome.model, clips);
  quant::Quantizer tuned(outcome.model, clips);
  const Accuracies after = measure(tuned, workload.validation(), workload.test(), policy);
  nlohmann::ordered_json result;
  result["command"] = command_line(a, policy, threads);
  result["dataset_variant"] = train.title();
  result["libtorch"] = quant::torch_version();
  result["policy"] = policy.to_string();
  result["validation_accuracy_before_pct"] = before.validation_pct;
  result["validation_accuracy_pct"] = after.validation_pct;
  result["test_accuracy_before_pct"] = before.test_pct;
  result["test_accuracy_pct"] = after.test_pct;
  outcome.model.provenance = result.dump();
  quant::save_model(outcome.model, a.out);
  std::filesystem::remove(options.checkpoint);
  if (!a.json.empty()) write_file_atomically(a.json, result.dump(2) + "\n");
  fmt::print("network               {}\n", network.name);
  fmt::print("dataset               {}\n", train.title());
  fmt::print("policy                {}\n", policy.to_string());
  fmt::print("validation_accuracy   {:.2f} %, before {:.2f} %\n", after.validation_pct,
             before.validation_pct);
  fmt::print("test_accuracy         {:.2f} %, before {:.2f} %\n", after.test_pct, before.test_pct);
  fmt::print("model                 {}\n", a.out);
  return 0;
}

}  // namespace kirchhoff::cli
