#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/json_input.h"
#include "base/json_text.h"
#include "cli/commands/cell_chips.h"
#include "cli/commands/command.h"
#include "cli/options/hardware_options.h"
#include "cli/options/options.h"
#include "cli/options/policy_option.h"
#include "cli/options/training_files.h"
#include "cli/options/workload_options.h"
#include "cosim/chip_adc.h"
#include "cosim/fine_tuning.h"
#include "cosim/policy_text.h"
#include "cosim/training_run.h"
#include "cosim/workload.h"
#include "quant/network/networks.h"
#include "quant/network/policy.h"
#include "quant/training/training.h"

namespace kirchhoff::cli {
namespace {

struct FinetuneArguments {
  cosim::WorkloadOptions workload;
  std::string policy;
  std::string clips = "learned";
  std::string out;
  std::string json;
  std::string cell_seeds;
  int threads = 1;
  quant::TrainingOptions training;
};

/// The chips whose accuracies are told, and for whose cells the network is trained; none where
/// cells are ideal. Empty after --help.
std::optional<std::vector<hw::ChipConfig>> read_arguments(const std::vector<std::string>& arguments,
                                                          FinetuneArguments& a) {
  quant::TrainingOptions& t = a.training;
  Options options("finetune",
                  "Adapts a trained network to a bit-width policy: trains on with the rounding of "
                  "weights and activations in place (straight-through estimator), and with real "
                  "cells, drawn anew in every step, where the chip has such.");
  options.example("kirchhoff finetune --policy W3A3 --epochs 1 --out w3a3.safetensors");
  declare_workload_options(options, a.workload);
  options.decides("network", [&] {
    t = quant::recommended_fine_tuning(quant::find_network(a.workload.network));
  });
  declare_policy(options, a.policy);
  options.require("policy");
  options.output("out", a.out, "model file (default NETWORK-DATASET-tuned.safetensors)");
  options.json_output(a.json, "the accuracies");
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
                  "computing threads, 0 = one per core; the result is the same for any number");
  options.choice("device", t.device, {"cpu", "cuda"}, "where to compute");
  options.text("cell-seeds", a.cell_seeds, "1..5,8,…",
               "with real cells: accuracies are means over chips of these seeds (default "
               "cells.seed)");
  options.advanced("average");
  options.section("Interruption");
  options.output("checkpoint", t.checkpoint,
                 "state of the training (default OUT.checkpoint); removed at the end");
  options.flag("resume", t.resume, "continue the checkpoint; the outcome is the same");
  HardwareOptions hardware(options);
  if (!options.parse(arguments)) return std::nullopt;
  settle_workload(options, a.workload);
  cosim::refuse_untunable(a.workload.quantization);
  settle_training_files(options, t, a.out,
                        fmt::format("{}-{}-tuned{}", quant::find_network(a.workload.network).name,
                                    a.workload.dataset, quant::kModelSuffix));
  hardware.load();
  if (!hardware.chip().tile.pe.real() && a.cell_seeds.empty()) return std::vector<hw::ChipConfig>{};
  return chips_of_seeds("cell-seeds", a.cell_seeds, hardware.chip());
}

}  // namespace

int finetune_command(const std::vector<std::string>& arguments) {
  FinetuneArguments a;
  const auto configs = read_arguments(arguments, a);
  if (!configs) return 0;
  quant::TrainingOptions& options = a.training;
  const quant::Network network = quant::find_network(a.workload.network);
  const quant::Policy policy = cosim::read_policy(a.policy, network, a.workload);

  std::vector<cosim::ChipAdc> chips;
  for (const hw::ChipConfig& config : *configs) chips.emplace_back(config, network, false);

  cosim::Workload workload = cosim::load_workload(a.workload);
  const cosim::TunedModel tuned =
      cosim::fine_tune(workload, policy, a.clips, options, a.threads, a.out, chips);
  if (!a.json.empty()) {
    auto json = parse_ordered_json(tuned.provenance, "provenance");
    json["dataset_files"] = workload.dataset_files();
    write_file_atomically(a.json, json_text(json));
  }
  fmt::print("network               {}\n", network.name);
  fmt::print("dataset               {}\n", workload.validation().title());
  fmt::print("dataset_files         {}\n", quant::file_list(workload.dataset_files()));
  fmt::print("policy                {}\n", policy.to_string());
  if (!chips.empty())
    fmt::print("chips                 {}, real cells; accuracies are their means\n", chips.size());
  fmt::print("validation_accuracy   {:.2f} %, before {:.2f} %\n", tuned.after.validation_pct,
             tuned.before.validation_pct);
  fmt::print("test_accuracy         {:.2f} %, before {:.2f} %\n", tuned.after.test_pct,
             tuned.before.test_pct);
  fmt::print("model                 {}\n", a.out);
  return 0;
}

}  // namespace kirchhoff::cli
