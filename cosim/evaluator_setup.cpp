#include "cosim/evaluator_setup.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/quote.h"
#include "cosim/resources.h"
#include "quant/data/dataset.h"
#include "quant/model/model.h"
#include "quant/network/networks.h"
#include "quant/network/weight_quantizer.h"

namespace kirchhoff::cosim {

std::unique_ptr<hw::ConfigLoader> hardware_of(const EvaluatorOptions& options) {
  auto loader = std::make_unique<hw::ConfigLoader>();
  // The defaults are preset table4, so that they need no file.
  if (options.preset != "table4") {
    const std::string name = options.preset + ".ini";
    loader->load_file(options.share.empty()
                          ? resource_file("presets", options.preset, ".ini", "preset")
                          : options.share + "/presets/" + name,
                      name);
  }
  if (!options.config_file.empty()) loader->load_file(options.config_file);
  for (const auto& [key, value] : options.hardware) loader->set_from_flag(key, value);
  loader->finish();
  return loader;
}

WorkloadOptions workload_of(const EvaluatorOptions& options) {
  const quant::Network network = quant::find_network(options.network);
  WorkloadOptions workload;
  workload.network = options.network;
  workload.dataset = options.dataset.empty() ? quant::default_dataset(network) : options.dataset;
  workload.data_dir = options.data_dir;
  workload.weights = options.weights;
  const auto quantizer = quant::weight_quantizer_of(options.weight_quantizer);
  if (!quantizer) {
    throw InputError(fmt::format("weight_quantizer = {}: must be linear or kmeans",
                                 quote(options.weight_quantizer)));
  }
  workload.quantization.weights = *quantizer;
  if (workload.weights.empty() && !options.share.empty())
    workload.weights = quant::model_in(options.share + "/models", network.name, workload.dataset);
  return workload;
}

}  // namespace kirchhoff::cosim
