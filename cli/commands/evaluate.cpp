#include <chrono>
#include <cmath>
#include <cstdint>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/json_text.h"
#include "base/progress.h"
#include "base/refusal.h"
#include "cli/commands/cell_chips.h"
#include "cli/commands/command.h"
#include "cli/options/hardware_options.h"
#include "cli/options/options.h"
#include "cli/options/policy_option.h"
#include "cli/options/workload_options.h"
#include "cosim/policy_text.h"
#include "cosim/size_cost_model.h"
#include "cosim/training_library.h"
#include "cosim/workload.h"
#include "quant/accuracy/accuracy_engine.h"
#include "quant/accuracy/accuracy_memo.h"
#include "quant/float/float_network.h"
#include "quant/network/policy.h"
#include "report/statistics.h"
#include "sim/simulator.h"

namespace kirchhoff::cli {
namespace {

struct EvaluateArguments {
  cosim::WorkloadOptions workload;
  std::string policy = "W8A8";
  std::string split = "validation";
  std::size_t images = 0;
  int threads = 0;
  std::string device = "cpu";
  bool adc_exact = false;
  std::string seeds;
  std::string json;
};

/// A chip on which the network was measured with everything that its ADCs and cells do.
struct MeasuredChip {
  int seed = 0;  ///< of its cells
  double accuracy_pct = 0.0;
};

/// What was measured; percentages are of the same images.
struct Evaluation {
  quant::Comparison policy;  ///< beside W8A8
  double reference_pct = 0.0;
  double float_pct = 0.0;
  double images_per_s = 0.0;
  std::vector<MeasuredChip> chips;  ///< with --adc-exact or real cells
  double chip_images_per_s = 0.0;
  IndexedVector<quant::LayerId, std::uint64_t> clipped;  ///< conversions of all chips

  report::Mean chip_pct() const {
    std::vector<double> all;
    for (const MeasuredChip& chip : chips) all.push_back(chip.accuracy_pct);
    return report::mean_of(all);
  }
  /// Standard deviation over chips; needs two.
  double spread_points() const {
    return chip_pct().error.value_or(0.0) * std::sqrt(static_cast<double>(chips.size()));
  }
  double clipped_per_image() const {
    return static_cast<double>(std::accumulate(clipped.begin(), clipped.end(), std::uint64_t{0})) /
           static_cast<double>(policy.images * chips.size());
  }
};

quant::Dataset front(const quant::Dataset& data, std::size_t images) {
  std::vector<std::size_t> indices(images);
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  return data.subset(indices);
}

quant::Comparison compare(const std::vector<int>& predicted, const std::vector<int>& reference,
                          const quant::Dataset& data) {
  quant::Comparison c;
  c.images = predicted.size();
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    const bool right = predicted[i] == data.labels[i], before = reference[i] == data.labels[i];
    c.correct += right ? 1 : 0;
    c.gained += right && !before ? 1 : 0;
    c.lost += !right && before ? 1 : 0;
  }
  return c;
}

/// Evaluates after an untimed image, which prepares the weights.
std::vector<int> timed_predictions(quant::AccuracyEngine& engine, const quant::Policy& policy,
                                   std::size_t images, double& images_per_s) {
  engine.predictions(policy, 0, 1);
  const auto start = std::chrono::steady_clock::now();
  std::vector<int> predicted = engine.predictions(policy, 0, images);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  images_per_s = static_cast<double>(images) / elapsed.count();
  return predicted;
}

/// The chips to measure on: one per seed of real cells, one for --adc-exact, none.
std::vector<hw::ChipConfig> chips_of(const EvaluateArguments& a, const hw::ChipConfig& chip) {
  const bool modelled = chip.tile.pe.real() || a.adc_exact;
  if (a.seeds.empty() && !modelled) return {};
  return chips_of_seeds("seeds", a.seeds, chip);
}

Evaluation evaluate(const EvaluateArguments& a, cosim::Workload& workload,
                    const quant::Policy& policy, const quant::Dataset& split, std::size_t images,
                    const std::vector<hw::ChipConfig>& chips) {
  Evaluation e;
  const quant::Network& network = workload.network();
  Progress line("evaluate", "images", images * (2 + chips.size()));
  std::size_t before = 0;
  const auto report = [&](quant::AccuracyEngine& engine) {
    engine.on_progress([&](std::size_t done) { line.update(before + done, ""); });
  };
  const quant::Policy w8a8 = quant::Policy::uniform(network, 8, 8);
  std::optional<quant::AccuracyEngine> engine(
      std::in_place, workload.quantizer(), split,
      a.device == "cpu" ? quant::host_engine(network, split, a.threads)
                        : cosim::training_library().device_engine(network, split, a.device));
  engine->share_prefixes(false);  // its speed is part of the report
  report(*engine);
  const std::vector<int> reference = engine->predictions(w8a8, 0, images);
  before = images;
  const std::vector<int> predicted = timed_predictions(*engine, policy, images, e.images_per_s);
  engine.reset();
  e.policy = compare(predicted, reference, split);
  e.reference_pct = compare(reference, reference, split).pct();
  double seconds = 0.0;
  for (const hw::ChipConfig& chip : chips) {
    before += images;
    const auto adc = sim::Simulator::adc_model(chip, network);
    quant::AccuracyEngine exact(workload.quantizer(), split, a.threads, adc.get());
    report(exact);
    double images_per_s = 0.0;
    const std::vector<int> converted = timed_predictions(exact, policy, images, images_per_s);
    seconds += static_cast<double>(images) / images_per_s;
    e.chips.push_back({chip.tile.pe.cells.seed, compare(converted, reference, split).pct()});
    e.clipped.resize(network.layers.size());
    for (const quant::LayerId l : e.clipped.ids()) e.clipped[l] += exact.clipped_conversions()[l];
  }
  e.chip_images_per_s = static_cast<double>(images * chips.size()) / seconds;
  line.finish();
  e.float_pct = quant::float_accuracy_pct(workload.model(), front(split, images), a.threads);
  return e;
}

std::string report_json(const EvaluateArguments& a, const quant::Network& network,
                        const quant::Policy& policy, const std::vector<std::string>& files,
                        const Evaluation& e, bool real_cells) {
  nlohmann::ordered_json json;
  json["network"] = network.name;
  json["dataset"] = a.workload.dataset;
  json["dataset_files"] = files;
  json["split"] = a.split;
  json["policy"] = policy.to_string();
  const quant::WeightQuantizer weights = a.workload.quantization.weights;
  if (weights != quant::WeightQuantizer::kLinear)
    json["weight_quantizer"] = weight_quantizer_name(weights);
  json["size_ratio"] = cosim::size_ratio(network, policy, weights);
  json["images"] = e.policy.images;
  json["accuracy_pct"] = e.policy.pct();
  json["reference_accuracy_pct"] = e.reference_pct;
  json["difference_points"] = 0.0 - e.policy.loss_points();
  json["difference_error_points"] = e.policy.error_points();
  json["float_accuracy_pct"] = e.float_pct;
  json["images_per_s"] = e.images_per_s;
  if (!e.chips.empty()) {
    auto& adc = json["adc_exact"];
    const report::Mean mean = e.chip_pct();
    adc["accuracy_pct"] = mean.value;
    adc["images_per_s"] = e.chip_images_per_s;
    for (const quant::LayerId l : network.layers.ids())
      adc["clipped_conversions"][network.layers[l].name] = e.clipped[l];
    if (real_cells) {
      if (mean.error) {
        adc["spread_points"] = e.spread_points();
        const double half = report::half_interval(mean);
        adc["interval_95_pct"] = {mean.value - half, mean.value + half};
      }
      for (const MeasuredChip& chip : e.chips)
        adc["chips"].push_back({{"seed", chip.seed}, {"accuracy_pct", chip.accuracy_pct}});
    }
  }
  return json_text(json);
}

void print_chips(const Evaluation& e, const hw::PeConfig& pe) {
  const report::Mean mean = e.chip_pct();
  const std::string of_adc = fmt::format("ADC of {} bits, lsb {}", pe.adc.bits, pe.adc.lsb);
  const char* const real = pe.cells.ideal() ? "real converters" : "real cells";
  if (!pe.real()) {
    fmt::print("adc_exact_accuracy    {:.2f} % ({})\n", mean.value, of_adc);
  } else if (e.chips.size() == 1) {
    fmt::print("chip_accuracy         {:.2f} % ({}, seed {}; {})\n", mean.value, real,
               e.chips.front().seed, of_adc);
  } else {
    const double half = report::half_interval(mean);
    fmt::print(
        "chip_accuracy         {:.2f} % over {} chips, spread {:.2f} points, 95 % interval {:.2f} "
        "to {:.2f} % ({}; {})\n",
        mean.value, e.chips.size(), e.spread_points(), mean.value - half, mean.value + half, real,
        of_adc);
    for (const MeasuredChip& chip : e.chips)
      fmt::print("  seed {:<15}  {:.2f} %\n", chip.seed, chip.accuracy_pct);
  }
  fmt::print("clipped_conversions   {:.1f} per image\n", e.clipped_per_image());
  fmt::print("{}       {:.0f} images/s\n", !pe.real() ? "adc_exact_speed" : "chip_speed     ",
             e.chip_images_per_s);
}

}  // namespace

int evaluate_command(const std::vector<std::string>& arguments) {
  EvaluateArguments a;
  Options options("evaluate",
                  "Measures the accuracy of a trained network under a bit-width policy, in the "
                  "chip's integers.");
  options.example("kirchhoff evaluate --policy W6A4 --split test");
  declare_workload_options(options, a.workload);
  declare_policy(options, a.policy);
  options.choice("split", a.split, {"validation", "test"}, "images to classify");
  options.integer<std::size_t>("images", a.images, 0, 1000000,
                               "the first N images of the split; 0 = all");
  options.flag("adc-exact", a.adc_exact,
               "measure with every conversion of the chip's ADCs, too, rounded and saturated");
  options.text("seeds", a.seeds, "1..20,30,…",
               "with real cells or converters: one chip per seed (default cells.seed)");
  options.integer("threads", a.threads, 0, 1024, "computing threads; 0 = one per core");
  options.choice("device", a.device, {"cpu", "cuda"},
                 "where to infer the integers; both give the same ones");
  options.json_output(a.json, "the result");
  HardwareOptions hardware(options);
  if (!options.parse(arguments)) return 0;
  settle_workload(options, a.workload);
  hardware.load();
  const hw::PeConfig& pe = hardware.chip().tile.pe;
  if (hardware.given() && !a.adc_exact && !pe.real()) {
    throw InputError(
        "--preset, --config and keys of the hardware: need --adc-exact, or cells or converters "
        "that are not ideal; the accuracy does not depend on the chip otherwise");
  }
  const std::vector<hw::ChipConfig> chips = chips_of(a, hardware.chip());

  cosim::Workload workload = cosim::load_workload(a.workload);
  const quant::Policy policy = cosim::read_policy(a.policy, workload.model());
  const quant::Dataset& split = a.split == "test" ? workload.test() : workload.validation();
  if (a.images > split.size()) {
    refuse_option(
        "images", std::to_string(a.images),
        fmt::format("the {} split of {} has {}", a.split, a.workload.dataset, split.size()));
  }
  const std::size_t images = a.images == 0 ? split.size() : a.images;
  const Evaluation e = evaluate(a, workload, policy, split, images, chips);
  if (!a.json.empty())
    write_file_atomically(a.json,
                          report_json(a, workload.network(), policy, split.files, e, pe.real()));

  fmt::print("network               {}\n", workload.network().name);
  fmt::print("dataset               {}, {} split, {} images\n", a.workload.dataset, a.split,
             images);
  fmt::print("dataset_files         {}\n", quant::file_list(split.files));
  fmt::print("policy                {}\n", policy.to_string());
  const quant::WeightQuantizer weights = a.workload.quantization.weights;
  if (weights != quant::WeightQuantizer::kLinear) {
    fmt::print("weight_quantizer      {}, {:.4f} of W8A8's size\n", weight_quantizer_name(weights),
               cosim::size_ratio(workload.network(), policy, weights));
  }
  fmt::print("accuracy              {:.2f} %\n", e.policy.pct());
  fmt::print("reference_accuracy    {:.2f} % (W8A8)\n", e.reference_pct);
  fmt::print("difference            {:+.2f} points, standard error {:.2f} (same images)\n",
             0.0 - e.policy.loss_points(), e.policy.error_points());
  if (!e.chips.empty()) print_chips(e, pe);
  fmt::print("float_accuracy        {:.2f} %\n", e.float_pct);
  fmt::print("speed                 {:.0f} images/s\n", e.images_per_s);
  return 0;
}

}  // namespace kirchhoff::cli
