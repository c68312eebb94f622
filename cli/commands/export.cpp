#include <string>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/json_text.h"
#include "cli/commands/command.h"
#include "cli/options/options.h"
#include "cli/options/policy_option.h"
#include "cli/options/workload_options.h"
#include "cosim/import_library.h"
#include "cosim/policy_text.h"
#include "cosim/workload.h"
#include "quant/network/networks.h"

namespace kirchhoff::cli {

int export_command(const std::vector<std::string>& arguments) {
  cosim::WorkloadOptions named;
  std::string policy_text = "W8A8", path, json;
  Options options(
      "export",
      "Writes a trained network under a policy as an ONNX model with QuantizeLinear and "
      "DequantizeLinear, for other tools and for --network with --policy model.");
  options.example("kirchhoff export --policy W6A4 --onnx w6a4.onnx");
  declare_workload_options(options, named);
  declare_policy(options, policy_text);
  options.output("onnx", path, "the model (default NETWORK-DATASET.onnx)");
  options.json_output(json, "what was written");
  if (!options.parse(arguments)) return 0;
  settle_workload(options, named);
  options.settle_output(
      "onnx", fmt::format("{}-{}.onnx", quant::find_network(named.network).name, named.dataset));

  cosim::Workload workload = cosim::load_workload(named);
  const quant::Policy policy = cosim::read_policy(policy_text, workload.model());
  const std::string bytes = cosim::export_onnx(workload.quantizer(), policy);
  write_file_atomically(path, bytes);
  const std::string& network = workload.network().name;
  if (!json.empty()) {
    nlohmann::ordered_json written;
    written["network"] = network;
    written["policy"] = policy.to_string();
    written["onnx"] = path;
    written["bytes"] = bytes.size();
    write_file_atomically(json, json_text(written));
  }
  fmt::print("network               {}\n", network);
  fmt::print("policy                {}\n", policy.to_string());
  fmt::print("onnx                  {}, {} bytes\n", path, bytes.size());
  return 0;
}

}  // namespace kirchhoff::cli
