#include "cli/options/workload_options.h"

#include <map>
#include <string>

#include "base/refusal.h"
#include "quant/data/dataset.h"
#include "quant/network/networks.h"
#include "quant/quantizer/calibration.h"

namespace kirchhoff::cli {
namespace {

const std::map<std::string, quant::ClipMethod> kClipMethods{
    {"kl", quant::ClipMethod::kKl},
    {"mse", quant::ClipMethod::kMse},
    {"percentile", quant::ClipMethod::kPercentile}};

}  // namespace

void declare_workload_options(Options& options, cosim::WorkloadOptions& workload) {
  declare_network(options, workload.network);
  options.choice("dataset", workload.dataset, quant::dataset_names(),
                 "what it classifies; cifar10 for networks that take colours");
  options.text("data-dir", workload.data_dir, "DIR",
               "its folder (default $KIRCHHOFF_DATA, then /usr/share/datasets)");
  options.text("weights", workload.weights, "FILE",
               "model file (default: the one that comes along)");
  quant::QuantizationOptions& q = workload.quantization;
  options.custom("clip", "NAME",
                 "where values are clipped: kl (least divergence), mse (least squared error), "
                 "percentile",
                 "kl", [&q](const std::string& value) {
                   const auto found = kClipMethods.find(value);
                   if (found == kClipMethods.end()) {
                     refuse_option("clip", value, "must be kl, mse or percentile");
                   }
                   q.clip = found->second;
                 });
  options.number("percentile", q.percentile, Range{0.0, 100.0, false},
                 "of the non-zero values that fit, for --clip percentile");
  options.flag("per-channel", q.per_channel, "clip weights per output channel, not per layer");
  options.flag("bias-correction", q.bias_correction,
               "take out of every bias what rounding the weights adds on average");
  declare_weight_quantizer(options, q.weights);
  for (const char* name : {"clip", "percentile", "per-channel", "bias-correction"}) {
    options.advanced(name);
  }
}

void declare_network(Options& options, std::string& network) {
  options.text("network", network, "NAME",
               "one of `kirchhoff list networks`, a JSON or an ONNX file");
}

void declare_weight_quantizer(Options& options, quant::WeightQuantizer& quantizer) {
  options.custom("weight-quantizer", "NAME",
                 "what weights of fewer than 8 bits are: linear (integers of so many bits), kmeans "
                 "(a codebook per layer of 2^bits integers of 8 bits)",
                 quant::weight_quantizer_name(quantizer), [&quantizer](const std::string& value) {
                   const auto named = quant::weight_quantizer_of(value);
                   if (!named) refuse_option("weight-quantizer", value, "must be linear or kmeans");
                   quantizer = *named;
                 });
  options.advanced("weight-quantizer");
}

void settle_workload(const Options& options, cosim::WorkloadOptions& workload) {
  if (!options.given("dataset")) {
    workload.dataset = quant::default_dataset(quant::find_network(workload.network));
  }
}

}  // namespace kirchhoff::cli
