#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/json_text.h"
#include "base/progress.h"
#include "base/provenance.h"
#include "base/refusal.h"
#include "base/stop_request.h"
#include "cli/commands/command.h"
#include "cli/commands/simulate_report.h"
#include "cli/options/hardware_options.h"
#include "cli/options/options.h"
#include "cli/options/policy_option.h"
#include "cli/options/trace_options.h"
#include "cli/options/workload_options.h"
#include "cosim/policy_text.h"
#include "cosim/workload.h"
#include "quant/network/networks.h"
#include "quant/network/ops/attributes.h"
#include "sim/programming.h"
#include "sim/simulator.h"
#include "traces/npy.h"

namespace kirchhoff::cli {

namespace {

struct SimulateArguments {
  cosim::WorkloadOptions workload;
  std::string policy = "W8A8", split = "test", fidelity = "mvm", json, dump;
  std::size_t images = 1;
  std::uint64_t seed = 1;
  int batch = 1;  ///< images of a run: cost.batch, or all with --stream
  bool timing_only = false, stream = false, causes = false, health = false, roofline = false,
       windows = false;
  std::string programmed_from;

  bool random_weights() const { return workload.weights == "random"; }
  /// As the chip has it.
  quant::Policy stored(const quant::Policy& asked) const {
    return stored_policy(workload.quantization.weights, asked);
  }
};

/// Integers and images of a functional run.
struct Stimulus {
  quant::IntegerNetwork integers;
  std::vector<std::vector<std::uint8_t>> images;
  std::vector<int> labels;         ///< empty for random images
  std::vector<std::string> files;  ///< that the images came from
};

quant::Policy read_policy(const SimulateArguments& a, const std::string& text,
                          const quant::Network& network) {
  cosim::WorkloadOptions named = a.workload;
  if (a.random_weights()) named.weights.clear();  // widths are those of the network's own
  return cosim::read_policy(text, network, named);
}

Stimulus make_stimulus(const SimulateArguments& a, const quant::Network& network,
                       const quant::Policy& policy) {
  Stimulus s;
  if (a.random_weights()) {
    s.integers = quant::random_integer_network(network, a.stored(policy), a.seed);
    for (std::size_t i = 0; i < a.images; ++i)
      s.images.push_back(quant::random_image(network.image, a.seed + i));
    return s;
  }
  cosim::Workload workload = cosim::load_workload(a.workload);
  const quant::Dataset& data = a.split == "test" ? workload.test() : workload.validation();
  if (a.images > data.size()) {
    refuse_option(
        "images", std::to_string(a.images),
        fmt::format("the {} split of {} has {}", a.split, a.workload.dataset, data.size()));
  }
  s.integers = workload.quantizer().quantise(policy);
  s.files = data.files;
  for (std::size_t i = 0; i < a.images; ++i) {
    s.images.push_back(data.image(i));
    s.labels.push_back(data.labels[i]);
  }
  return s;
}

std::vector<std::size_t> extents(const quant::Shape& shape) {
  return {static_cast<std::size_t>(shape.channels), static_cast<std::size_t>(shape.height),
          static_cast<std::size_t>(shape.width)};
}

/// One set of arrays per layer and a description that says how they belong together.
void write_dump(const std::string& folder, const quant::IntegerNetwork& integers,
                const sim::FunctionalResult& result) {
  std::filesystem::create_directories(folder);
  nlohmann::ordered_json index;
  index["network"] = integers.network.name;
  index["policy"] = integers.policy.to_string();
  for (const quant::LayerId l : integers.layers.ids()) {
    const quant::Layer& layer = integers.network.layers[l];
    const quant::IntegerLayer& constants = integers.layers[l];
    const quant::LayerTrace& trace = result.layers[l];
    const std::string base = folder + "/" + layer.name + "_";
    // Column-major rows() x Cout is Cout x Cin x Kh x Kw in C order.
    const std::vector<std::int32_t> weights(constants.weights.data(),
                                            constants.weights.data() + constants.weights.size());
    write_npy(base + "weights.npy", weights,
              {static_cast<std::size_t>(layer.out_channels),
               static_cast<std::size_t>(layer.input.channels),
               static_cast<std::size_t>(layer.kernel_height),
               static_cast<std::size_t>(layer.kernel_width)});
    write_npy(base + "inputs.npy", trace.inputs, extents(trace.input_shape));
    write_npy(base + "accumulators.npy", trace.accumulators, extents(trace.convolved_shape));
    write_npy(base + "outputs.npy", trace.outputs, extents(trace.output_shape));
    nlohmann::ordered_json entry;
    entry["name"] = layer.name;
    entry["stride"] = quant::json_of(layer.stride);
    entry["padding"] = quant::json_of(layer.padding);
    entry["pool"] = layer.pool;
    entry["w"] = constants.weight_bits;
    if (constants.codebook_bits > 0) entry["codebook_bits"] = constants.codebook_bits;
    entry["a"] = constants.activation_bits;
    entry["output_bits"] = constants.output_bits;
    if (constants.output_bits > 0) {
      entry["shift"] = constants.shift;
      write_npy(base + "multiplier.npy", constants.multiplier, {constants.multiplier.size()});
      write_npy(base + "bias.npy", constants.bias, {constants.bias.size()});
    }
    index["layers"].push_back(entry);
  }
  // Not LAYER_ARRAY.npy, or a layer called "output" would have a file of this name.
  write_npy(folder + "/output.bias.npy", integers.output_bias, {integers.output_bias.size()});
  index["prediction"] = result.prediction;
  write_file_atomically(folder + "/dump.json", json_text(index));
}

mapping::Program program_of(const quant::IntegerNetwork& integers, const hw::ChipConfig& chip) {
  return mapping::assemble(integers, mapping::map_network(integers.network, integers.policy, chip),
                           chip);
}

/// RunError when an integer of the image differs from the golden inference's.
void require_exact(const sim::FunctionalResult& result, const quant::Network& network,
                   std::size_t i) {
  if (result.bit_exactness.exact()) return;
  throw RunError(fmt::format("image {}: the chip differs from the golden inference: {}", i,
                             result.bit_exactness.text(network)));
}

/// Adds what one image yielded; RunError as require_exact().
void add_result(const SimulateArguments& a, const Stimulus& stimulus, std::size_t i,
                const sim::FunctionalResult& result, SimulateResult& r) {
  r.bit_exactness += result.bit_exactness;
  require_exact(result, stimulus.integers.network, i);
  ++r.images;
  r.correct += r.labelled && result.prediction == stimulus.labels[i];
  if (i > 0) return;
  r.report = result.report;
  if (!a.dump.empty()) write_dump(a.dump, stimulus.integers, result);
}

void run_functional(const SimulateArguments& a, sim::Simulator& simulator, const Stimulus& stimulus,
                    SimulateResult& r) {
  simulator.load(stimulus.integers);
  r.functional = true;
  r.labelled = !stimulus.labels.empty();
  r.dataset_files = stimulus.files;
  const auto batch = static_cast<std::size_t>(a.batch);
  std::optional<Progress> progress;
  if (stimulus.images.size() > batch)
    progress.emplace("simulate", "images", stimulus.images.size());
  for (std::size_t begin = 0; begin < stimulus.images.size(); begin += batch) {
    if (stop_requested())
      throw Stopped(fmt::format("stopped after {} of {} images", begin, stimulus.images.size()));
    const auto first = stimulus.images.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto results = simulator.run_stream({first, first + a.batch});
    for (std::size_t i = 0; i < batch; ++i) add_result(a, stimulus, begin + i, results[i], r);
    r.clipped_conversions += results.front().clipped_conversions;  // of the whole stream
    if (progress) progress->update(begin + batch, "");
  }
  if (progress) progress->finish();
}

/// W8A8 on the same chip. Where energy depends on data, it computes the same images.
sim::CostReport reference_report(const SimulateArguments& a, sim::Simulator& simulator,
                                 const quant::Network& network, const Stimulus& stimulus,
                                 const SimulateResult& r) {
  const auto widest = quant::Policy::uniform(network, 8, 8);
  const bool of_data =
      simulator.config().tile.pe.crossbar.energy == hw::CrossbarEnergy::kData && r.functional;
  const int batch = simulator.config().cost.batch;
  if (r.policy == widest && (of_data || (a.timing_only && r.report.images == batch)))
    return r.report;
  if (!of_data) return simulator.cost(widest, batch);
  simulator.load(make_stimulus(a, network, widest).integers);
  const auto results =
      simulator.run_stream({stimulus.images.begin(), stimulus.images.begin() + a.batch});
  for (std::size_t i = 0; i < results.size(); ++i) require_exact(results[i], network, i);
  return results.front().report;
}

}  // namespace

namespace {

/// Images of a run. Where cost.batch asks for several, they are a stream, and all images are
/// batches of it.
void settle_images(SimulateArguments& a, int batch, bool images_given) {
  if (batch > 1 && !images_given) a.images = static_cast<std::size_t>(batch);
  const auto count = std::to_string(a.images);
  if (a.stream && a.images > 100000) refuse_option("images", count, "--stream takes up to 100000");
  const bool whole = a.stream || a.timing_only ? a.images == static_cast<std::size_t>(batch)
                                               : a.images % static_cast<std::size_t>(batch) == 0;
  if (batch > 1 && !whole) {
    refuse_option(
        "images", count,
        fmt::format("cost.batch = {}: {}", batch,
                    a.stream || a.timing_only ? "a run has so many" : "must be a multiple of it"));
  }
  if (a.timing_only && !a.stream && a.images != static_cast<std::size_t>(batch)) {
    throw InputError("--images " + count +
                     ": runs of --timing-only all take the same time; add --stream for one run of "
                     "many images");
  }
  a.batch = a.stream ? static_cast<int>(a.images) : batch;
}

}  // namespace

int simulate_command(const std::vector<std::string>& arguments) {
  SimulateArguments a;
  Options options("simulate",
                  "Runs a quantised network on the SystemC chip: latency, energy, power, area, and "
                  "every output "
                  "compared with the golden inference.");
  options.example("kirchhoff simulate --policy W6A4 --json w6a4.json");
  declare_workload_options(options, a.workload);
  options.note("--weights random",
               "random integers of --seed, random images: any network, no data");
  declare_policy(options, a.policy);
  options.choice("split", a.split, {"validation", "test"}, "where images come from");
  options.integer<std::size_t>("images", a.images, 1, 1000000, "images, in runs of cost.batch");
  options.flag("stream", a.stream,
               "all images in one run: they overlap when chip.schedule = pipelined");
  options.integer<std::uint64_t>("seed", a.seed, 0, UINT64_MAX - 1000000,
                                 "of random weights and images");
  options.choice("fidelity", a.fidelity, {"bit", "mvm"},
                 "events per bit step and conversion burst, or per matrix-vector product");
  options.flag("timing-only", a.timing_only,
               "sizes flow instead of integers: no data needed, same costs");
  options.json_output(a.json, "the report");
  options.flag("causes", a.causes, "say what each layer's latency beyond the ideal went into");
  options.flag("roofline", a.roofline, "say which resource bounds each layer");
  options.flag("health", a.health, "report utilisation, buffers, links, and what is worth a look");
  options.text("programmed-from", a.programmed_from, "POLICY",
               "also cost of loading only the cells that differ from this policy's");
  options.output_folder("dump", a.dump,
                        "write the first image's integers of every layer as NumPy arrays",
                        {".npy", "dump.json"});
  TraceOptions traces(options);
  options.flag("windows", a.windows,
               "keep in the report of --json when each window is in each stage of its layer");
  HardwareOptions hardware(options);
  if (!options.parse(arguments)) return 0;
  settle_workload(options, a.workload);
  hardware.load();
  traces.validate();
  if (a.windows && a.json.empty())
    throw InputError("--windows: the report that would have them needs --json FILE");
  if (a.timing_only && !a.programmed_from.empty())
    throw InputError("--programmed-from " + a.programmed_from +
                     ": --timing-only has no weights to compare");
  if (a.timing_only && !a.dump.empty())
    throw InputError("--dump " + a.dump + ": --timing-only has no integers to dump");
  settle_images(a, hardware.chip().cost.batch, options.given("images"));
  if (a.windows && a.images != static_cast<std::size_t>(a.batch))
    throw InputError("--windows: one run at a time; leave out --images or add --stream");
  if (a.timing_only && hardware.chip().tile.pe.crossbar.energy == hw::CrossbarEnergy::kData) {
    throw InputError(
        "crossbar.energy = data: --timing-only has no data; leave one of them out, or choose "
        "nominal");
  }

  const quant::Network network = quant::find_network(a.workload.network);
  const quant::Policy policy = read_policy(a, a.policy, network);
  Stimulus stimulus;
  if (!a.timing_only) stimulus = make_stimulus(a, network, policy);

  std::optional<quant::Policy> programmed_policy;
  std::optional<quant::IntegerNetwork> programmed;
  if (!a.programmed_from.empty()) {
    programmed_policy = read_policy(a, a.programmed_from, network);
    programmed = make_stimulus(a, network, *programmed_policy).integers;
  }

  SimulateResult r;
  if (a.windows) r.windows = &traces.listen<sim::WindowTimes>("windows");
  sim::SimulatorOptions simulator_options;
  simulator_options.fidelity = a.fidelity == "bit" ? hw::Fidelity::kBit : hw::Fidelity::kMvm;
  r.command = command_line("simulate", arguments);
  simulator_options.tracer =
      traces.open({r.command, network.name, policy.to_string(), hardware.chip().clock.tile_mhz});
  // The process ends with the command: taking down a chip of hundreds of tiles module by module
  // takes SystemC longer than the simulation.
  static sim::Simulator* const kept =
      new sim::Simulator(network, hardware.chip(), simulator_options);
  sim::Simulator& simulator = *kept;
  traces.check_probes(a.fidelity == "mvm" ? "signals inside a PE exist at --fidelity bit" : "");

  r.network = network.name;
  r.fidelity = a.fidelity;
  r.policy = policy;
  r.weights = a.workload.quantization.weights;
  if (a.timing_only) {
    r.report = simulator.cost(a.stored(policy), a.batch);
  } else {
    run_functional(a, simulator, stimulus, r);
  }
  if (a.windows && !r.report.rewriting.rounds.empty())
    throw InputError("--windows: on a chip that holds the network only; leave out chip.tiles");
  r.wall_s = simulator.wall_s();
  // The reference run below is not part of the traces.
  const std::vector<std::string> trace_lines =
      traces.close(static_cast<std::uint64_t>(std::llround(r.report.duration_ns * 1000)));
  const sim::CostReport reference = reference_report(a, simulator, network, stimulus, r);
  r.ratio = sim::ratios(r.report, reference, simulator.config().cost);
  r.reference = reference.compared(simulator.config().cost.batch);
  r.chip = simulator.config();
  r.config = hardware.loader().entries();
  r.notes = hardware.loader().notes();
  r.show_causes = a.causes;
  r.show_health = a.health;
  r.show_roofline = a.roofline;
  if (programmed) {
    if (!r.report.rewriting.rounds.empty())
      throw InputError("--programmed-from " + a.programmed_from +
                       ": on a chip that holds the network only; leave out chip.tiles");
    r.programmed_from = programmed_policy->to_string();
    r.reprogramming = sim::reprogramming_cost(r.chip, program_of(*programmed, r.chip),
                                              program_of(stimulus.integers, r.chip));
  }
  r.area_chip_um2 = sim::chip_area_um2(simulator.config());
  r.elaboration_s = simulator.elaboration_s();
  r.peak_rss_mib = sim::peak_rss_mib();
  if (!a.json.empty()) write_file_atomically(a.json, simulate_json(r));
  std::fputs(simulate_text(r).c_str(), stdout);
  // Where the files are.
  if (!a.json.empty() || !a.dump.empty() || !trace_lines.empty()) fmt::print("\n");
  if (!a.json.empty()) fmt::print("report: {}\n", a.json);
  if (!a.dump.empty()) fmt::print("integers: {}\n", a.dump);
  for (const std::string& line : trace_lines) fmt::print("{}\n", line);
  return 0;
}

}  // namespace kirchhoff::cli
