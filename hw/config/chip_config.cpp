#include "hw/config/chip_config.h"

#include <cmath>
#include <cstdint>

#include <fmt/core.h>

#include "base/conversion_noise.h"
#include "base/error.h"
#include "hw/config/read_steps.h"

namespace kirchhoff::hw {

namespace {

/// More than the noise of any conversion, in parts of a level.
double largest_noise(const PeConfig& pe) {
  const double of_cell = pe.cells.read_noise * CellsConfig::kMost;
  const double of_current =
      of_cell * std::sqrt(2.0 * rows_per_read(pe.crossbar)) * largest_drive(pe.dac);
  const double of_conversion =
      std::ldexp(pe.adc.errors.noise_lsb * pe.adc.lsb, CellsConfig::kFractionBits);
  return base::kLargestDeviate * (of_current + of_conversion) + 1;
}

}  // namespace

void ChipConfig::validate() const {
  const double sum = cost.alpha + cost.beta + cost.gamma;
  if (std::abs(sum - 1.0) > 1e-9) {
    throw InputError(fmt::format("cost.alpha + cost.beta + cost.gamma = {}: must be 1", sum));
  }
  if ((mesh_width == 0) != (mesh_height == 0)) {
    throw InputError(
        fmt::format("chip.mesh_width = {}, chip.mesh_height = {}: give both, or 0 for both",
                    mesh_width, mesh_height));
  }
  if (mesh_width > 0 && tiles > mesh_width * mesh_height) {
    throw InputError(fmt::format(
        "chip.tiles = {}: must be at most chip.mesh_width x chip.mesh_height = {} x {}, or 0",
        tiles, mesh_width, mesh_height));
  }
  const int cell_bits = tile.pe.crossbar.cell_bits;
  if (cell_bits != 1 && cell_bits != 2 && cell_bits != 4) {
    throw InputError(fmt::format("crossbar.cell_bits = {}: must be 1, 2 or 4", cell_bits));
  }
  tile.pe.cells.validate();
  tile.pe.adc.validate();
  // A column's value, twice it and a step of the converter have 32 bits.
  const std::int64_t most = std::int64_t{rows_per_read(tile.pe.crossbar)} * CellsConfig::kMost *
                            largest_drive(tile.pe.dac);
  if (tile.pe.real() && static_cast<double>(most) + largest_noise(tile.pe) >= 0x1p30) {
    throw InputError(fmt::format(
        "dac.bits = {}: {} real cells at once conduct more than a column can hold; choose fewer "
        "bits, or a smaller crossbar.rows_per_read",
        tile.pe.dac.bits, rows_per_read(tile.pe.crossbar)));
  }
  if (tile.pe.real() && !mapping.replicate.single()) {
    throw InputError(fmt::format(
        "mapping.replicate = {}: must be 1 with real cells (section cells) or converters "
        "(adc.offset_sigma and the like): copies of a layer's weights would each have cells and "
        "converters of their own",
        mapping.replicate.text()));
  }
  if (tile.pe.adc.per_pair > tile.pe.crossbar.cols) {
    throw InputError(fmt::format("adc.per_pair = {}: must be in [1, crossbar.cols = {}]",
                                 tile.pe.adc.per_pair, tile.pe.crossbar.cols));
  }
  if (tile.pe.crossbar.energy == CrossbarEnergy::kData && tile.pe.dac.bits > 1) {
    throw InputError(fmt::format(
        "dac.bits = {}: must be 1 with crossbar.energy = data, which counts driven rows",
        tile.pe.dac.bits));
  }
  if (tile.pe.dac.levels == DacLevels::kIntegrated && !tile.pe.sample_hold.present) {
    throw InputError("dac.levels = integrated: needs sample_hold.present = true, which integrates");
  }
  if (multiplies_digitally(tile.pe.dac) && tile.pe.crossbar.rows_per_read != 1) {
    throw InputError(fmt::format(
        "crossbar.rows_per_read = {}: must be 1 with dac.levels = digital, which multiplies what "
        "the cells of one row hold",
        tile.pe.crossbar.rows_per_read));
  }
  if (noc.cluster_side() * noc.cluster_side() != noc.concentration &&
      noc.topology == NocTopology::kCmesh) {
    throw InputError(fmt::format("noc.concentration = {}: must be 4, 9 or 16, a square of tiles",
                                 noc.concentration));
  }
  if (noc.packet_flits == 1) {
    throw InputError("noc.packet_flits = 1: must be 0, or at least 2: a head and a payload flit");
  }
  if (noc.flow_control == FlowControl::kCutThrough && noc.vc_reuse != VcReuse::kTailSent) {
    throw InputError(
        fmt::format("noc.vc_reuse = {}: needs noc.flow_control = wormhole; a packet that is cut "
                    "through has room "
                    "of its own",
                    kVcReuseNames[static_cast<int>(noc.vc_reuse)]));
  }
  if (noc.flow_control == FlowControl::kCutThrough && noc.credit_cycles != 1) {
    throw InputError(
        fmt::format("noc.credit_cycles = {}: needs noc.flow_control = wormhole; room for a packet "
                    "that is cut through is free one cycle after the tail",
                    noc.credit_cycles));
  }
  if (noc.watchdog_cycles > 0 && noc.watchdog_cycles < noc.least_watchdog_cycles()) {
    throw InputError(fmt::format(
        "noc.watchdog_cycles = {}: must be 0, or at least {}: four times what a hop may "
        "take (noc.rc_cycles + noc.va_cycles + noc.sa_cycles + noc.st_cycles + "
        "noc.link_cycles + noc.credit_cycles + the larger of noc.packet_flits and "
        "noc.buffer_flits = {})",
        noc.watchdog_cycles, noc.least_watchdog_cycles(), noc.longest_hop_cycles()));
  }
  if (noc.flow_control == FlowControl::kCutThrough &&
      (noc.packet_flits == 0 || noc.packet_flits > noc.buffer_flits)) {
    throw InputError(
        fmt::format("noc.packet_flits = {}: noc.flow_control = cut_through needs buffers that hold "
                    "a packet, so it must be in [2, noc.buffer_flits = {}]",
                    noc.packet_flits, noc.buffer_flits));
  }
  if (tile.tile_register_bytes < 4 * tile.pe.crossbar.cols) {
    throw InputError(
        fmt::format("tile_register.bytes = {}: must hold one sum per column, 32 bits or wider, at "
                    "least {}",
                    tile.tile_register_bytes, 4 * tile.pe.crossbar.cols));
  }
}

}  // namespace kirchhoff::hw
