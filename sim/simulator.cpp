#include "sim/simulator.h"

#include <algorithm>
#include <chrono>

#include <fmt/core.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include "hw/pe/conversion.h"
#include "sim/ledger.h"
#include "traces/error.h"

namespace kirchhoff::sim {

namespace {

// No image of a network that fits a chip takes longer; beyond, something runs in circles.
const auto kLimitSeconds = 100;

}  // namespace

Simulator::Simulator(const quant::Network& network, const hw::ChipConfig& config,
                     const SimulatorOptions& options)
    : network_(network), config_(mapping::resolve_mesh(network, config)) {
  const auto begin = std::chrono::steady_clock::now();
  config_.validate();
  // A model without activity before its first job is no mistake: the chip has no free-running
  // clock.
  sc_core::sc_report_handler::set_actions(sc_core::SC_ID_NO_SC_START_ACTIVITY_,
                                          sc_core::SC_DO_NOTHING);
  chip_ = std::make_unique<hw::Chip>("chip", config_,
                                     hw::ChipOptions{options.fidelity, options.tracer, &recorder_});
  sc_core::sc_start(sc_core::SC_ZERO_TIME);  // every thread runs to its first wait
  elaboration_s_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

Simulator::~Simulator() = default;

CostReport Simulator::cost(const quant::Policy& policy) {
  mapping_ = mapping::map_network(network_, policy, config_);
  load(mapping::assemble(network_, policy, mapping_, config_));
  return run(network_, policy, {});
}

void Simulator::load(const quant::IntegerNetwork& integers) {
  integers.validate();
  integers_ = integers;
  mapping_ = mapping::map_network(integers.network, integers.policy, config_);
  load(mapping::assemble(integers, mapping_, config_));
}

void Simulator::load(const mapping::Program& program) {
  program_ = program;
  chip_->reset();
  for (const mapping::Write& write : program_.writes) {
    if (!chip_->host().write(write.address, write.bytes.data(),
                             static_cast<unsigned>(write.bytes.size()))) {
      throw RunError(fmt::format("the chip refused a write of {} bytes at {:#x}",
                                 write.bytes.size(), write.address));
    }
  }
}

FunctionalResult Simulator::run_image(const std::vector<std::uint8_t>& image) {
  recorder_.reset(integers_.network);
  FunctionalResult result;
  result.report = run(integers_.network, integers_.policy,
                      quant::quantise_image(image, integers_.policy.layers.front().activation));
  const auto adc = adc_model(config_, integers_.network);
  const quant::GoldenResult golden = quant::golden_inference(integers_, image, adc.get());
  result.bit_exactness = recorder_.compare(golden);
  result.layers = recorder_.layers();
  for (std::size_t l = 0; l < result.layers.size(); ++l) {
    // A layer's inputs are its producer's outputs; the first layer's are the quantised image.
    const int producer = integers_.network.layers[l].inputs.front();
    result.layers[l].inputs =
        producer == quant::kImage
            ? quant::quantise_image(image, integers_.policy.layers.front().activation)
            : result.layers[static_cast<std::size_t>(producer)].outputs;
  }
  // What the host received, not what the recorder saw: the logits come from the chip's pins.
  result.logits = chip_->host().results();
  const auto pixels = static_cast<std::size_t>(program_.result_pixels);
  for (std::size_t i = 0; i < result.logits.size(); ++i)
    result.logits[i] += integers_.output_bias[i / pixels];
  if (result.logits != golden.logits) {
    throw RunError("the results that the host received differ from the golden inference's logits");
  }
  result.prediction = quant::argmax(result.logits);
  for (const LayerReport& layer : result.report.layers)
    result.clipped_conversions += layer.counters.at("clipped");
  return result;
}

std::unique_ptr<quant::AdcModel> Simulator::adc_model(const hw::ChipConfig& config,
                                                      const quant::Network& network) {
  const hw::AdcConfig& adc = config.tile.pe.adc;
  bool lossless = true;
  for (const quant::Layer& layer : network.layers) {
    lossless = lossless && hw::lossless(adc, std::min(layer.rows(), config.tile.pe.crossbar.rows));
  }
  if (lossless) return nullptr;
  auto model = std::make_unique<quant::AdcModel>();
  model->bits = adc.bits;
  model->lsb = adc.lsb;
  model->block_rows = config.tile.pe.crossbar.rows;
  return model;
}

CostReport Simulator::run(const quant::Network& network, const quant::Policy& policy,
                          const std::vector<std::int32_t>& pixels) {
  chip_->rewind();
  hw::HostPort& host = chip_->host();
  for (const int node : program_.nodes) {
    const std::uint32_t start = hw::reg::kStart;
    if (!host.write(hw::reg::kTileStride * static_cast<unsigned>(node) + hw::reg::kControl, &start,
                    4)) {
      throw RunError(fmt::format("tile {} refused to start: its descriptors do not fit", node));
    }
  }
  hw::HostJob job;
  job.channels = network.image.channels;
  job.height = network.image.height;
  job.width = network.image.width;
  job.bits = program_.image_bits;
  job.pixels = pixels;
  for (const mapping::ImageStream& s : program_.image) {
    job.routes.push_back({static_cast<hw::NodeId>(s.node), s.stream, s.channel_begin, s.channels});
  }
  job.result_channels = program_.result_channels;
  job.result_pixels = program_.result_pixels;
  host.begin(job);
  const auto begin = std::chrono::steady_clock::now();
  try {
    sc_core::sc_start(sc_core::sc_time(kLimitSeconds, sc_core::SC_SEC),
                      sc_core::SC_EXIT_ON_STARVATION);
  } catch (const sc_core::sc_report& report) {
    throw RunError(fmt::format("the simulation failed: {}", report.what()));
  }
  wall_s_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (!host.done()) {
    std::vector<std::string> waiting = chip_->waiting();
    const std::size_t shown = std::min<std::size_t>(waiting.size(), 20);
    throw RunError(fmt::format(
        "the simulation did not finish: nothing moves any more\n  {}{}",
        fmt::join(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(shown), "\n  "),
        waiting.size() > shown ? fmt::format("\n  and {} more", waiting.size() - shown) : ""));
  }
  return collect(network, policy);
}

// Over the tile's counter registers, as the host of a real chip would.
hw::TileCounters Simulator::read_counters(int node) const {
  hw::TileCounters counters;
  std::vector<std::uint64_t> values;
  counters.visit([&](const char*, std::uint64_t, const char*) { values.push_back(0); });
  const hw::reg::Address address =
      hw::reg::kTileStride * static_cast<unsigned>(node) + hw::reg::kCounterBase;
  if (!chip_->host().read(address, values.data(), static_cast<unsigned>(8 * values.size()))) {
    throw RunError(fmt::format("tile {} refused to show its counters", node));
  }
  std::size_t i = 0;
  counters.visit([&](const char*, std::uint64_t& value, const char*) { value = values[i++]; });
  return counters;
}

CostReport Simulator::collect(const quant::Network& network, const quant::Policy& policy) const {
  CostReport report;
  const auto latency_ps = chip_->host().latency().value();
  report.latency_ns = static_cast<double>(latency_ps) / 1000.0;
  const auto mhz = static_cast<std::uint64_t>(config_.clock.tile_mhz);
  report.cycles = (latency_ps * mhz + 999999u) / 1000000u;
  report.mesh_width = config_.mesh_width;
  report.mesh_height = config_.mesh_height;
  const hw::NocCounters noc = chip_->noc().counters();

  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const mapping::LayerMapping& m = mapping_.layers[l];
    LayerReport layer;
    layer.name = network.layers[l].name;
    layer.weight_bits = policy.layers[l].weight;
    layer.activation_bits = policy.layers[l].activation;
    layer.crossbars = m.crossbars;
    layer.pes = static_cast<int>(m.blocks.size());
    layer.tiles = m.tiles;
    layer.windows = network.layers[l].windows();

    std::uint64_t begin = UINT64_MAX, end = 0;
    Allocation allocation;
    allocation.pes = layer.pes;
    allocation.tiles = m.tiles;
    for (const mapping::Block& block : m.blocks) {
      allocation.pairs += m.slices;
      allocation.dacs += m.slices * block.rows;
      allocation.columns += m.slices * block.columns;
      allocation.adcs += m.slices * std::min(block.columns, config_.tile.pe.adc.per_pair);
    }
    std::vector<int> nodes;
    for (int t = m.tile_begin; t < m.tile_begin + m.tiles; ++t) {
      const int node = mapping_.position[static_cast<std::size_t>(t)];
      hw::TileCounters counters = read_counters(node);
      counters.visit([&](const char* name, std::uint64_t value, const char*) {
        layer.counters[name] += value;
      });
      begin = std::min(begin, counters.begin_cycle);
      end = std::max(end, counters.end_cycle);
      nodes.push_back(node);
    }
    layer.counters["begin_cycle"] = begin;
    layer.counters["end_cycle"] = end;
    const hw::Topology::Share share = chip_->noc().topology().share_of(nodes);
    allocation.routers = share.routers;
    allocation.links = share.links;
    const bool sent = noc.layers.size() > l;
    layer.counters["router_flits"] = sent ? noc.layers[l].router_flits : 0;
    layer.counters["link_flits"] = sent ? noc.layers[l].link_flits : 0;
    layer.latency_ns = static_cast<double>(end - begin) * chip_->clocks().tile.period_ns();
    layer.energy = energy_entries(config_, allocation, layer.counters, report.latency_ns);
    layer.instances = instance_entries(config_, allocation);
    report.layers.push_back(std::move(layer));
  }
  return report;
}

Ratios ratios(const CostReport& report, const CostReport& reference,
              const hw::CostConfig& weights) {
  Ratios r;
  r.latency = report.latency_ns / reference.latency_ns;
  r.energy = report.energy_pj() / reference.energy_pj();
  r.power = report.power_rated_mw() / reference.power_rated_mw();
  r.cost = weights.alpha * r.latency + weights.beta * r.energy + weights.gamma * r.power;
  return r;
}

double chip_area_um2(const hw::ChipConfig& config) {
  Allocation all;
  all.tiles = config.mesh_width * config.mesh_height;
  all.routers = hw::Topology(config.mesh_width, config.mesh_height, config.noc).routers();
  all.pes = all.tiles * config.tile.pes;
  all.pairs = all.pes * config.tile.pe.pairs;
  all.dacs = all.pairs * config.tile.pe.crossbar.rows;
  all.columns = all.pairs * config.tile.pe.crossbar.cols;
  all.adcs = all.pairs * config.tile.pe.adc.per_pair;
  double sum = 0;
  for (const InstanceEntry& entry : instance_entries(config, all)) sum += entry.area_um2();
  return sum;
}

double peak_rss_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

}  // namespace kirchhoff::sim
