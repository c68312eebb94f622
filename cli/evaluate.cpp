#include <chrono>
#include <numeric>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/output_path.h"
#include "cli/workload.h"
#include "quant/accuracy/accuracy_engine.h"
#include "quant/network/policy.h"
#include "quant/training/threads.h"
#include "quant/training/trainer.h"
#include "traces/atomic_file.h"
#include "traces/error.h"

namespace kirchhoff::cli {
namespace {

struct EvaluateArguments {
  WorkloadOptions workload;
  std::string policy = "W8A8";
  std::string split = "validation";
  std::size_t images = 0;
  int threads = 0;
  std::string json;
};

quant::Dataset front(const quant::Dataset& data, std::size_t images) {
  std::vector<std::size_t> indices(images);
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  return data.subset(indices);
}

std::string report_json(const EvaluateArguments& a, const Workload& workload,
                        const quant::Policy& policy, const quant::Accuracy& accuracy,
                        const quant::Accuracy& reference, double float_pct, double images_per_s) {
  nlohmann::ordered_json json;
  json["network"] = workload.network().name;
  json["dataset"] = a.workload.dataset;
  json["split"] = a.split;
  json["policy"] = policy.to_string();
  json["images"] = accuracy.images;
  json["accuracy_pct"] = accuracy.pct();
  json["reference_accuracy_pct"] = reference.pct();
  json["float_accuracy_pct"] = float_pct;
  json["images_per_s"] = images_per_s;
  return json.dump(2) + "\n";
}

}  // namespace

int evaluate_command(const std::vector<std::string>& arguments) {
  EvaluateArguments a;
  Options options(
      "evaluate",
      "Measures the accuracy of a trained network under a bit-width policy, in the chip's "
      "integers.");
  declare_workload_options(options, a.workload);
  options.text("policy", a.policy, "POLICY",
               "W6A4, a list 8/8,6/4,… (weight/activation per layer) or a JSON file");
  options.choice("split", a.split, {"validation", "test"}, "images to classify");
  options.integer<std::size_t>("images", a.images, 0, 1000000,
                               "the first N images of the split; 0 = all");
  options.integer("threads", a.threads, 0, 1024, "computing threads; 0 = one per core");
  options.text("json", a.json, "FILE", "write the result there as well");
  if (!options.parse(arguments)) return 0;
  settle_workload(options, a.workload);
  check_output_file("json", a.json);

  Workload workload = load_workload(a.workload);
  const quant::Policy policy = quant::parse_policy(a.policy, workload.network());
  const quant::Dataset& split = a.split == "test" ? workload.test() : workload.validation();
  if (a.images > split.size()) {
    Options::refuse(
        "images", std::to_string(a.images),
        fmt::format("the {} split of {} has {}", a.split, a.workload.dataset, split.size()));
  }
  const std::size_t images = a.images == 0 ? split.size() : a.images;

  quant::AccuracyEngine engine(workload.quantizer(), split, a.threads);
  const quant::Accuracy reference =
      engine.evaluate(quant::Policy::uniform(workload.network(), 8, 8), images);
  // A first, untimed pass over one image quantises the weights that this policy needs.
  engine.evaluate(policy, 1);
  const auto start = std::chrono::steady_clock::now();
  const quant::Accuracy accuracy = engine.evaluate(policy, images);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  const double images_per_s = static_cast<double>(images) / elapsed.count();
  quant::set_torch_threads(a.threads);
  const double float_pct = quant::float_accuracy_pct(workload.model(), front(split, images));

  if (!a.json.empty()) {
    write_file_atomically(
        a.json, report_json(a, workload, policy, accuracy, reference, float_pct, images_per_s));
  }
  fmt::print("network               {}\n", workload.network().name);
  fmt::print("dataset               {}, {} split, {} images\n", a.workload.dataset, a.split,
             images);
  fmt::print("policy                {}\n", policy.to_string());
  fmt::print("accuracy              {:.2f} %\n", accuracy.pct());
  fmt::print("reference_accuracy    {:.2f} % (W8A8)\n", reference.pct());
  fmt::print("float_accuracy        {:.2f} %\n", float_pct);
  fmt::print("speed                 {:.0f} images/s\n", images_per_s);
  return 0;
}

}  // namespace kirchhoff::cli
