#include <filesystem>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/json_text.h"
#include "cli/commands/command.h"
#include "cli/options/options.h"
#include "cli/options/training_files.h"
#include "cosim/training_library.h"
#include "cosim/training_run.h"
#include "quant/data/dataset.h"
#include "quant/float/float_network.h"
#include "quant/model/model.h"
#include "quant/network/networks.h"
#include "quant/training/training.h"

namespace kirchhoff::cli {
namespace {

struct TrainArguments {
  std::string network = "lenet5";
  std::string dataset = "fashion-mnist";
  std::string data_dir;
  std::string out, json;
  int threads = 1;
  quant::TrainingOptions training;
};

const std::map<std::string, quant::OptimizerKind> kOptimizers{
    {"adamw", quant::OptimizerKind::kAdamW}, {"sgd", quant::OptimizerKind::kSgd}};

/// False after --help.
bool read_arguments(const std::vector<std::string>& arguments, TrainArguments& a) {
  quant::TrainingOptions& t = a.training;
  std::string optimizer, schedule, batch_norm, precision = "fp32";
  Options options("train", "Trains a network and writes its weights to a model file.");
  options.example("kirchhoff train --network lenet5 --epochs 1 --out my.safetensors");
  options.text(
      "network", a.network, "NAME",
      "name (`kirchhoff list networks`) or path of a description; the defaults below are the "
      "recommended ones for it");
  options.decides("network", [&] {
    const quant::Network network = quant::find_network(a.network);
    t = quant::recommended_training(network);
    a.dataset = quant::default_dataset(network);
    optimizer = t.optimizer == quant::OptimizerKind::kSgd ? "sgd" : "adamw";
    schedule = t.linear_decay ? "linear" : "cosine";
    batch_norm = t.batch_norm ? "on" : "off";
  });
  options.choice("dataset", a.dataset, quant::dataset_names(), "images to train on");
  options.text("data-dir", a.data_dir, "DIR",
               "the dataset's folder (default: $KIRCHHOFF_DATA, then /usr/share/datasets)");
  options.output("out", a.out,
                 "model file (default NETWORK-DATASET.safetensors; *.kmodel is our own format)");
  options.json_output(a.json, "the accuracies");
  options.section("Training");
  options.choice("optimizer", optimizer, {"adamw", "sgd"},
                 "AdamW, or gradient descent with Nesterov momentum 0.9");
  options.integer("epochs", t.epochs, 1, 100000, "passes over the training images");
  options.integer("batch", t.batch, 1, 65536, "images per step");
  options.number("lr", t.learning_rate, Range::closed(1e-9, 10), "peak learning rate");
  options.number("warm-up", t.warm_up, Range::closed(0, 0.9),
                 "share of the steps in which the learning rate rises");
  options.choice("schedule", schedule, {"cosine", "linear"}, "how it falls to zero afterwards");
  options.number("weight-decay", t.weight_decay, Range::closed(0, 10),
                 "of weights, not of biases and batch norms");
  options.number("average", t.average_decay, Range::closed(0, 0.999999),
                 "decay per step of the moving average of the weights");
  options.advanced("average");
  options.number("label-smoothing", t.label_smoothing, Range::closed(0, 0.9),
                 "share of the target that is spread over all classes");
  options.choice("batch-norm", batch_norm, {"on", "off"},
                 "behind every convolution, folded into the result");
  options.integer("small-epochs", t.small_epochs, 0, 100000,
                  "first epochs on images averaged down to 3/4 of their side");
  options.integer<std::uint64_t>("seed", t.seed, 0, UINT64_MAX,
                                 "of initial weights, order and augmentation");
  options.integer("threads", a.threads, 0, 1024,
                  "computing threads, 0 = one per core; the result is the same for any number");
  options.choice("device", t.device, {"cpu", "cuda"}, "where to compute");
  options.choice("precision", precision, {"fp32", "bf16"},
                 "of convolutions; bf16 pays with AMX or a GPU");
  options.section("Interruption");
  options.output(
      "checkpoint", t.checkpoint,
      "state after the last finished epoch (default OUT.checkpoint); removed at the end");
  options.integer("checkpoint-steps", t.checkpoint_steps, 1, 1000000000,
                  "steps between two of them within an epoch");
  options.advanced("checkpoint-steps");
  options.flag("resume", t.resume, "continue the checkpoint; the outcome is the same");
  options.flag("export", t.export_only,
               "write the model that the checkpoint holds so far, and train no further");
  if (!options.parse(arguments)) return false;
  t.optimizer = kOptimizers.at(optimizer);
  t.linear_decay = schedule == "linear";
  t.bf16 = precision == "bf16";
  t.batch_norm = batch_norm == "on";
  settle_training_files(
      options, t, a.out,
      fmt::format("{}-{}{}", quant::find_network(a.network).name, a.dataset, quant::kModelSuffix));
  return true;
}

/// What reproduces the weights: the options that decide them, without paths.
std::string command_line(const TrainArguments& a, const std::string& network) {
  const quant::TrainingOptions& t = a.training;
  return fmt::format(
      "kirchhoff train --network {} --dataset {} --epochs {} --batch {} --optimizer {} --lr {} "
      "--warm-up {} --schedule {} --weight-decay {} --average {} --label-smoothing {} --batch-norm "
      "{} --small-epochs {} --seed {} --device {} --precision {}",
      network, a.dataset, t.epochs, t.batch,
      t.optimizer == quant::OptimizerKind::kSgd ? "sgd" : "adamw", t.learning_rate, t.warm_up,
      t.linear_decay ? "linear" : "cosine", t.weight_decay, t.average_decay, t.label_smoothing,
      t.batch_norm ? "on" : "off", t.small_epochs, t.seed, t.device, t.bf16 ? "bf16" : "fp32");
}

}  // namespace

int train_command(const std::vector<std::string>& arguments) {
  TrainArguments a;
  if (!read_arguments(arguments, a)) return 0;
  quant::TrainingOptions& options = a.training;

  const quant::Network network = quant::find_network(a.network);
  options.augmentation.flip = cosim::may_be_mirrored(a.dataset);

  cosim::training_library().set_threads(a.threads);
  const auto all = quant::load_dataset(a.dataset, quant::Part::kTrain, network, a.data_dir);
  const auto test = quant::load_dataset(a.dataset, quant::Part::kTest, network, a.data_dir);
  const quant::Split split = quant::split_training_set(all);
  const quant::Dataset train = all.subset(split.train);
  const quant::Dataset validation = all.subset(split.validation);

  quant::TrainingOutcome outcome =
      cosim::run_training("train", network, train, validation, options);
  const double test_pct = quant::float_accuracy_pct(outcome.model, test, a.threads);
  nlohmann::ordered_json provenance;
  provenance["command"] = command_line(a, network.name);
  if (options.export_only) provenance["epochs_done"] = outcome.epochs_done;
  provenance["dataset_variant"] = train.title();
  provenance["libtorch"] = cosim::training_library().version();
  provenance["training_images"] = train.size();
  provenance["validation_images"] = validation.size();
  provenance["validation_accuracy_pct"] = outcome.validation_pct;
  provenance["test_images"] = test.size();
  provenance["test_accuracy_pct"] = test_pct;
  outcome.model.provenance = json_line(provenance);
  quant::save_model(outcome.model, a.out);
  if (outcome.finished) std::filesystem::remove(options.checkpoint);
  std::vector<std::string> files = train.files;
  files.insert(files.end(), test.files.begin(), test.files.end());
  if (!a.json.empty()) {
    nlohmann::ordered_json json;
    json["network"] = network.name;
    json["dataset"] = a.dataset;
    json["model"] = a.out;
    json.update(provenance);
    json["dataset_files"] = files;
    write_file_atomically(a.json, json_text(json));
  }
  fmt::print("network               {}\n", network.name);
  fmt::print("dataset               {}\n", train.title());
  fmt::print("dataset_files         {}\n", quant::file_list(files));
  fmt::print("validation_accuracy   {:.2f} %\n", outcome.validation_pct);
  fmt::print("test_accuracy         {:.2f} %\n", test_pct);
  fmt::print("model                 {}\n", a.out);
  return 0;
}

}  // namespace kirchhoff::cli
