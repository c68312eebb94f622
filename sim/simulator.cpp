#include "sim/simulator.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <fmt/core.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include "base/error.h"
#include "base/stop_request.h"
#include "hw/config/encoding.h"
#include "hw/config/read_steps.h"
#include "hw/controller/window_walk.h"
#include "hw/pe/conversion.h"
#include "quant/network/image_name.h"
#include "sim/chip_cells.h"
#include "sim/collect.h"
#include "sim/conversion_check.h"
#include "sim/programming.h"
#include "sim/start_tile.h"
#include "sim/trace_guard.h"

namespace kirchhoff::sim {

namespace {

// Of simulated time per image. None of a network that fits a chip takes longer; beyond, something
// runs in circles.
constexpr double kLimitSeconds = 100;

// Without integers there are no bits to charge for.
hw::ChipConfig charging_sizes(hw::ChipConfig config) {
  config.tile.pe.crossbar.energy = hw::CrossbarEnergy::kNominal;
  return config;
}

}  // namespace

Simulator::Simulator(const quant::Network& network, const hw::ChipConfig& config,
                     const SimulatorOptions& options)
    : network_(network),
      config_(mapping::resolve_mesh(network, config)),
      ledger_(config_),
      sizes_ledger_(charging_sizes(config_)),
      tracer_(options.tracer),
      fidelity_(options.fidelity) {
  const auto begin = std::chrono::steady_clock::now();
  config_.validate();
  if (config_.tile.pe.crossbar.energy == hw::CrossbarEnergy::kData &&
      options.fidelity != hw::Fidelity::kBit) {
    throw InputError(
        "crossbar.energy = data: only fidelity = bit reads every cell; choose it, or nominal");
  }
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

CostReport Simulator::cost(const quant::Policy& policy, int images) {
  load(policy, images);
  return run(network_, policy, {});
}

MeasuredTurn Simulator::measure_run(const quant::Policy& policy, int images) {
  load(policy, images);
  chip_->keep_times(tracer_ || charges_times(sizes_ledger_.charged()));
  run_pass({mapping::RoundId{0}, 0, images}, network_, policy,
           HostMaps(network_, policy, {}, images));
  return measured_run(*chip_, mapping_, sizes_ledger_.charged());
}

void Simulator::load(const quant::Policy& policy, int images) {
  mapping_ = mapping::map_network(network_, policy, config_);
  images_ = images;
  Programs programs;
  for (const mapping::RoundId round : mapping_.rounds.ids()) {
    programs.push_back(
        mapping::assemble(network_, policy, mapping_, config_, images_of_pass(images), round));
  }
  load(std::move(programs));
}

void Simulator::load(const quant::IntegerNetwork& integers) {
  integers.validate();
  load(integers, mapping::map_network(integers.network, integers.policy, config_));
}

void Simulator::load(const quant::IntegerNetwork& integers, mapping::Mapping mapping) {
  integers_ = integers;
  mapping_ = std::move(mapping);
  load_integers(1);
}

void Simulator::load_integers(int images) {
  images_ = images;
  Programs programs;
  for (const mapping::RoundId round : mapping_.rounds.ids()) {
    programs.push_back(
        mapping::assemble(integers_, mapping_, config_, images_of_pass(images), round));
  }
  load(std::move(programs));
}

int Simulator::images_of_pass(int images) const {
  return passes_of(mapping_, images, config_.round_of).front().images;
}

void Simulator::refuse_unsupported_rounds() const {
  if (mapping_.rounds.size() == 1) return;
  if (config_.tile.pe.cells.verifies()) {
    throw InputError(fmt::format(
        "cells.verify_tolerance = {}: must be 0 where cells are written in a run: chip.tiles = {} "
        "holds {} of {} tiles of the network",
        config_.tile.pe.cells.verify_tolerance, config_.tiles, mapping::room_of(config_),
        mapping_.tiles.size()));
  }
  if (config_.unused != hw::Unused::kIdle) return;
  throw InputError(fmt::format(
      "chip.unused = idle: not where layers share tiles; chip.tiles = {} holds {} of {} tiles of "
      "the network; choose gated or gated_layers",
      config_.tiles, mapping::room_of(config_), mapping_.tiles.size()));
}

void Simulator::load(Programs programs) {
  refuse_unsupported_rounds();
  programs_ = std::move(programs);
  chip_->reset();
  if (programs_.size() == 1) {
    for (const mapping::Write& w : program().writes) write(w);
    return;
  }
  contents_ = CellContents(mapping_);
  const std::vector<mapping::LogicalTile> held = contents_.held();
  for (const mapping::LogicalTile t : held) {
    for (const mapping::Write& w : programs_[mapping_.tiles[t].round].writes) {
      if (mapping::writes_cells(w) && mapping::tile_of(w) == mapping_.position[t]) write(w);
    }
  }
}

void Simulator::write(const mapping::Write& write) {
  give_up_if_stopped();
  if (!chip_->host().write(write.address, write.bytes.data(),
                           static_cast<unsigned>(write.bytes.size()))) {
    throw RunError(fmt::format("the chip refused a write of {} bytes at {:#x}", write.bytes.size(),
                               write.address));
  }
}

void Simulator::write_missing_cells(mapping::RoundId round) {
  IndexedVector<hw::TileId, bool> is_written(chip_->tiles(), false);
  for (const mapping::LogicalTile t : contents_.missing(round)) {
    is_written[mapping_.position[t]] = true;
    chip_->tile(mapping_.position[t]).reset(true);
  }
  for (const mapping::Write& w : programs_[round].writes) {
    if (mapping::writes_cells(w) && is_written[mapping::tile_of(w)]) write(w);
  }
  contents_.take(round);
}

// Registers are written in no time, as before every run; for cells the chip has waited.
void Simulator::enter(mapping::RoundId round) {
  chip_->reset(false);
  write_missing_cells(round);
  for (const mapping::Write& w : programs_[round].writes) {
    if (!mapping::writes_cells(w)) write(w);
  }
}

FunctionalResult Simulator::run_image(const std::vector<std::uint8_t>& image) {
  return std::move(run_stream({image}).front());
}

std::vector<FunctionalResult> Simulator::run_stream(
    const std::vector<std::vector<std::uint8_t>>& images) {
  const auto count = static_cast<int>(images.size());
  if (images_ != count) load_integers(count);
  recorder_.reset(integers_.network, count);
  std::vector<std::int32_t> pixels;
  image_names_.clear();
  for (const auto& image : images) {
    image_names_.push_back(quant::image_name(image));
    const auto quantised = quant::quantise_image(image, program().image_bits);
    pixels.insert(pixels.end(), quantised.begin(), quantised.end());
  }
  std::vector<FunctionalResult> results(images.size());
  results.front().report = run(integers_.network, integers_.policy, pixels);
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (i > 0) results[i].report = results.front().report;
    check(results[i], static_cast<int>(i), images[i]);
  }
  for (std::size_t i = 0; i < images.size(); ++i) {
    auto& difference = results[i].bit_exactness.first;
    if (!difference) continue;
    // Another run would go into the traces, which show the conversions anyway.
    const bool converted = !mapping_.layers[difference->layer].blocks.empty();
    // Nor are the windows of several rounds told apart by who watches a PE.
    if (difference->accumulator && difference->chip && converted && !tracer_ &&
        programs_.size() == 1) {
      compare_conversions(*difference, static_cast<int>(i), results[i].layers[difference->layer],
                          pixels);
    }
    break;
  }
  return results;
}

void Simulator::compare_conversions(Difference& difference, int image,
                                    const quant::LayerTrace& trace,
                                    const std::vector<std::int32_t>& pixels) {
  const quant::Layer& layer = integers_.network.layers[difference.layer];
  // The copy of the weights that computed the window.
  ConversionPlace place;
  place.channel = difference.channel;
  for (const mapping::LogicalTile t : mapping_.layers[difference.layer].tile_ids()) {
    const mapping::Piece& piece = mapping_.tiles[t].piece;
    const hw::WindowWalk walk(mapping::geometry_of(layer, piece));
    if (!walk.walks(difference.y, difference.x)) continue;
    place.copy = piece.copy;
    place.window = image * walk.windows() + walk.number_at(difference.y, difference.x);
    break;
  }
  const ConversionCheck check(*chip_, mapping_, difference.layer, place);
  run(integers_.network, integers_.policy, pixels);
  difference.conversions_seen = true;
  // Everything that entered the layer was right, or this were not the first difference.
  difference.conversion = check.first(quant::golden_codes(
      integers_, difference.layer, adc_model(config_), trace.inputs, difference.channel,
      difference.y, difference.x, image_names_[static_cast<std::size_t>(image)]));
}

// Against the golden inference: what the tiles computed, and what the host received.
void Simulator::check(FunctionalResult& result, int image,
                      const std::vector<std::uint8_t>& pixels) const {
  const auto adc = adc_model(config_, integers_.network);
  const quant::GoldenResult golden = quant::golden_inference(integers_, pixels, adc.get());
  result.bit_exactness = recorder_.compare(image, golden);
  result.layers = recorder_.layers(image);
  for (const quant::LayerId l : result.layers.ids()) {
    // A layer's inputs are its producers' outputs; the first layer's are the quantised image.
    quant::LayerTrace& trace = result.layers[l];
    for (const quant::TensorId input : integers_.network.layers[l].inputs) {
      if (input == quant::kImage) {
        trace.inputs = quant::quantise_image(pixels, program().image_bits);
      } else {
        const auto& outputs = result.layers[quant::producer_of(input)].outputs;
        trace.inputs.insert(trace.inputs.end(), outputs.begin(), outputs.end());
      }
    }
  }
  // The logits come from the chip's pins, not from the recorder.
  const auto per_pixel = static_cast<std::size_t>(program().result_pixels);
  const auto per_image = per_pixel * static_cast<std::size_t>(program().result_channels);
  const auto first = static_cast<std::ptrdiff_t>(per_image) * image;
  result.logits.assign(results_.begin() + first,
                       results_.begin() + first + static_cast<std::ptrdiff_t>(per_image));
  for (std::size_t i = 0; i < result.logits.size(); ++i)
    result.logits[i] += integers_.output_bias[i / per_pixel];
  if (result.bit_exactness.exact() && result.logits != golden.logits) {
    throw RunError("the results that the host received differ from the golden inference's logits");
  }
  result.prediction = quant::argmax(result.logits);
  for (const LayerReport& layer : result.report.layers)
    result.clipped_conversions += layer.counters.at("clipped");
}

std::unique_ptr<quant::AdcModel> Simulator::adc_model(const hw::ChipConfig& config,
                                                      const quant::Network& network) {
  const hw::PeConfig& pe = config.tile.pe;
  bool lossless = true;
  for (const quant::Layer& layer : network.layers) {
    lossless = lossless && (!quant::on_crossbars(layer, mapping::grouped_matrix(config)) ||
                            hw::lossless(pe, std::min(layer.all_rows(), pe.crossbar.rows)));
  }
  if (lossless) return nullptr;
  return std::make_unique<quant::AdcModel>(adc_model(config));
}

quant::AdcModel Simulator::adc_model(const hw::ChipConfig& config) {
  const hw::PeConfig& pe = config.tile.pe;
  quant::AdcModel model;
  model.bits = pe.adc.bits;
  model.lsb = pe.adc.lsb;
  model.block_rows = pe.crossbar.rows;
  model.block_columns = pe.crossbar.cols;
  model.rows_per_read = pe.crossbar.rows_per_read;
  model.digit_bits = pe.dac.bits;
  model.digital = hw::multiplies_digitally(pe.dac);
  model.rounds = pe.adc.kind != hw::AdcKind::kIntegrateFire;
  model.grouped = mapping::grouped_matrix(config);
  model.cell_bits = pe.crossbar.cell_bits;
  model.offset = pe.encoding == hw::Encoding::kOffset;
  model.unit_column = pe.extra_columns() > 0;
  model.sign_slice = config.mapping.slices == hw::SliceRule::kEq7;
  if (pe.real()) model.cells = std::make_shared<ChipCells>(pe);
  if (!pe.adc.errors.straight()) model.real_converters = pe.adc.per_pair;
  const hw::NoiseModel noise(pe);
  model.read_noise = noise.relative();
  model.thermal_noise = noise.thermal();
  return model;
}

void Simulator::run_kernel(const Pass& pass, const quant::Network& network,
                           const quant::Policy& policy) {
  const auto begin = std::chrono::steady_clock::now();
  try {
    const sc_core::sc_time limit(kLimitSeconds * pass.images, sc_core::SC_SEC);
    if (tracer_ && (tracer_->vcd || tracer_->events)) {
      TraceGuard(*tracer_, *chip_, mapping_, network, policy, fidelity_, pass.images, pass.round)
          .run(limit);
    } else {
      sc_core::sc_start(limit, sc_core::SC_EXIT_ON_STARVATION);
      give_up_if_stopped();
    }
  } catch (const sc_core::sc_report& report) {
    throw RunError(fmt::format("the simulation failed: {}", report.what()));
  }
  wall_s_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void Simulator::did_not_finish() const {
  std::vector<std::string> waiting = chip_->waiting();
  const std::size_t shown = std::min<std::size_t>(waiting.size(), 20);
  const bool moves = sc_core::sc_pending_activity() && !chip_->noc().stuck();
  throw RunError(fmt::format(
      "the simulation did not finish: {}\n  {}{}",
      moves ? fmt::format("more than {} s of simulated time", kLimitSeconds * images_)
            : "nothing moves any more",
      fmt::join(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(shown), "\n  "),
      waiting.size() > shown ? fmt::format("\n  and {} more", waiting.size() - shown) : ""));
}

CostReport Simulator::run(const quant::Network& network, const quant::Policy& policy,
                          const std::vector<std::int32_t>& pixels) {
  chip_->keep_times(true);
  const RunCounts counts = run_passes(network, policy, pixels);
  const Ledger& ledger = pixels.empty() ? sizes_ledger_ : ledger_;
  return collect_report(*chip_, config_, ledger, network, policy, mapping_, counts);
}

RunCounts Simulator::run_passes(const quant::Network& network, const quant::Policy& policy,
                                const std::vector<std::int32_t>& pixels) {
  const bool in_rounds = programs_.size() > 1;
  const auto now_ps = [] { return sc_core::sc_time_stamp().value(); };
  HostMaps maps(network, policy, pixels, images_);
  RunCounts run(mapping_, images_);
  const std::vector<Pass> passes = passes_of(mapping_, images_, config_.round_of);
  for (std::size_t p = 0; p < passes.size(); ++p) {
    const mapping::Program& program = programs_[passes[p].round];
    if (in_rounds) enter(passes[p].round);
    recorder_.set_first_image(passes[p].first_image);
    if (config_.tile.pe.noisy() && !pixels.empty()) {
      const auto first = image_names_.begin() + passes[p].first_image;
      chip_->name_images({first, first + passes[p].images});
    }
    PassTimes times;
    times.pass = passes[p];
    times.begin_ps = now_ps();
    run_pass(passes[p], network, policy, maps);
    times.quiet_ps = times.end_ps = now_ps();
    maps.take(chip_->host(), program, passes[p]);
    if (in_rounds) {
      times.between_rounds_bits = maps.bits_between_rounds(program, passes[p]);
      // After the last round the first one is written again.
      write_next(p + 1 < passes.size() ? passes[p + 1].round : mapping::RoundId{0}, times);
    }
    run.add(*chip_, mapping_, times);
  }
  if (in_rounds) write_missing_cells(mapping::RoundId{0});
  results_ = maps.results();
  return run;
}

void Simulator::run_pass(const Pass& pass, const quant::Network& network,
                         const quant::Policy& policy, const HostMaps& maps) {
  chip_->rewind();
  for (const hw::TileId tile : programs_[pass.round].tiles) start_tile(*chip_, tile);
  chip_->host().begin(maps.job(programs_[pass.round], pass));
  run_kernel(pass, network, policy);
  if (!chip_->host().done()) did_not_finish();
}

// While a round is computed, the host writes the cells of the next one, as controllers say that
// their tiles have handed on their last window. Writing holds up nothing that moves, so when each
// tile is written follows from these times; the chip waits until all are.
void Simulator::write_next(mapping::RoundId next, PassTimes& times) {
  IndexedVector<hw::TileId, std::uint64_t> free_ps(chip_->tiles(), times.begin_ps);
  for (const mapping::LogicalTile t : mapping_.rounds[times.pass.round]) {
    const hw::TileId place = mapping_.position[t];
    free_ps[place] = chip_->clocks().tile.edge_ps(chip_->tile(place).controller().counters().end);
  }
  times.written = contents_.missing(next);
  const int per_lane = hw::arrays_per_lane(config_.tile.pe.encoding);
  std::vector<CellWrite> writes;
  for (const mapping::LogicalTile t : times.written) {
    const mapping::LayerMapping& layer = mapping_.layers[mapping_.tiles[t].layer];
    std::vector<BlockShape> blocks;
    for (const mapping::BlockId b : mapping_.tiles[t].blocks)
      blocks.push_back({layer.blocks[b].rows, layer.blocks[b].columns, layer.blocks[b].pe});
    const double ns = tile_write_ns(config_, rows_of_arrays(blocks, per_lane * layer.slices));
    writes.push_back(
        {free_ps[mapping_.position[t]], static_cast<std::uint64_t>(std::llround(ns * 1000)), 0});
  }
  schedule_writes(writes, config_.write_tiles);
  for (const CellWrite& write : writes) times.end_ps = std::max(times.end_ps, write.end_ps());
  if (times.end_ps > times.quiet_ps)
    sc_core::sc_start(sc_core::sc_time::from_value(times.end_ps - times.quiet_ps));
}

std::vector<MeasuredTurn> Simulator::measure_turns(const quant::Policy& policy,
                                                   const TurnSet& wanted) {
  mapping_ = mapping::map_network(network_, policy, config_);
  TurnMeter meter(*chip_, network_, mapping_, sizes_ledger_.charged());
  images_ = 1;
  load(Programs{
      mapping::assemble_layers(network_, policy, mapping_, config_, meter.expect(wanted))});
  chip_->keep_times(tracer_ || charges_times(sizes_ledger_.charged()));
  meter.start(wanted, program().tiles);
  const Pass pass;
  chip_->host().begin(HostMaps(network_, policy, {}, 1).job(program(), pass));
  run_kernel(pass, network_, policy);
  if (!meter.complete()) did_not_finish();
  return meter.take();
}

Ratios ratios(const CostReport& report, const CostReport& reference,
              const hw::CostConfig& weights) {
  return ratios(report.compared(weights.batch), reference.compared(weights.batch), weights);
}

Ratios ratios(const CostTotals& totals, const CostTotals& reference,
              const hw::CostConfig& weights) {
  Ratios r;
  r.latency = totals.latency_ns / reference.latency_ns;
  r.energy = totals.energy_pj / reference.energy_pj;
  r.power = totals.power_rated_mw / reference.power_rated_mw;
  r.cost = weights.alpha * r.latency + weights.beta * r.energy + weights.gamma * r.power;
  return r;
}

double chip_area_um2(const hw::ChipConfig& config) {
  double sum = config.offchip.area.square_micrometres();
  for (const InstanceEntry& entry : Ledger(config).instances(chip_allocation(config)))
    sum += entry.area_um2();
  return sum;
}

double chip_power_rated_mw(const hw::ChipConfig& config) {
  double sum = config.offchip.rated.milliwatts();
  for (const InstanceEntry& entry : Ledger(config).instances(chip_allocation(config)))
    sum += entry.power_mw();
  return sum;
}

double peak_rss_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

}  // namespace kirchhoff::sim
