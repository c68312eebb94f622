#include "hw/config/quantities.h"

#include <cmath>
#include <cstddef>
#include <iterator>

#include "hw/config/chip_config.h"
#include "hw/config/read_steps.h"

namespace kirchhoff::hw::quantity {

namespace {

Encoding encoding_of(const Bindings& names) {
  return names.keys.is("mapping.encoding", "offset") ? Encoding::kOffset : Encoding::kDifferential;
}

InputSum input_sum_of(const Bindings& names) {
  return names.keys.is("mapping.input_sum", "digital") ? InputSum::kDigital : InputSum::kUnitColumn;
}

DacConfig dac_of(const Bindings& names) {
  DacConfig dac;
  dac.bits = static_cast<int>(names.keys.number("dac.bits"));
  for (std::size_t i = 0; i < std::size(kDacLevelsNames); ++i) {
    if (names.keys.is("dac.levels", kDacLevelsNames[i])) dac.levels = static_cast<DacLevels>(i);
  }
  return dac;
}

/// Tiles along one side of the square that shares a router.
int side(const Bindings& names) {
  const bool shared = names.keys.is("noc.topology", "cmesh");
  return cluster_side(shared ? NocTopology::kCmesh : NocTopology::kMesh,
                      static_cast<int>(names.keys.number("noc.concentration")));
}

}  // namespace

Expression pes() {
  return amount("PEs", [](const Bindings& b) { return 1.0 * b.allocation->pes; });
}
Expression tiles() {
  return amount("tiles", [](const Bindings& b) { return 1.0 * b.allocation->tiles; });
}
Expression pairs() {
  return amount("pairs", [](const Bindings& b) { return 1.0 * b.allocation->pairs; });
}
Expression rows_in_use() {
  return amount("rows in use x pairs", [](const Bindings& b) { return 1.0 * b.allocation->dacs; });
}
Expression columns_in_use() {
  return amount("columns in use x pairs",
                [](const Bindings& b) { return 1.0 * b.allocation->columns; });
}
Expression adcs() {
  return amount("ADCs: min(columns in use, adc.per_pair) x pairs",
                [](const Bindings& b) { return 1.0 * b.allocation->adcs; });
}
Expression routers() {
  return amount("routers, shared ones in parts",
                [](const Bindings& b) { return b.allocation->routers; });
}
Expression links() {
  return amount("output links", [](const Bindings& b) { return b.allocation->links; });
}
Expression multipliers() {
  return amount("tiles whose SFUs multiply",
                [](const Bindings& b) { return 1.0 * b.allocation->multipliers; });
}

Expression crossbars_of_pair() {
  return amount("crossbars",
                [](const Bindings& b) { return 1.0 * arrays_per_lane(encoding_of(b)); },
                {"mapping.encoding"});
}
Expression tiles_between_routers() {
  return amount("tiles between routers", [](const Bindings& b) { return 1.0 * side(b); },
                {"noc.topology", "noc.concentration"});
}
Expression router_ports() {
  return amount("ports of a router", [](const Bindings& b) { return 4.0 + side(b) * side(b); },
                {"noc.topology", "noc.concentration"});
}
Expression line_voltages() {
  return amount("voltages of a line",
                [](const Bindings& b) {
                  const DacConfig dac = dac_of(b);
                  return dac.levels == DacLevels::kVoltage ? 1.0 + largest_digit(dac) : 2.0;
                },
                {"dac.levels", "dac.bits"});
}
Expression multiplied_bits() {
  return amount("input bits that a code is multiplied by",
                [](const Bindings& b) {
                  const DacConfig dac = dac_of(b);
                  return multiplies_digitally(dac) ? 1.0 * dac.bits : 1.0;
                },
                {"dac.levels", "dac.bits"});
}
Expression conversion_steps() {
  return amount("steps of a conversion",
                [](const Bindings& b) {
                  const double bits = b.keys.number("adc.bits");
                  if (b.keys.is("adc.kind", "flash") || b.keys.is("adc.kind", "integrate_fire"))
                    return 1.0;
                  if (b.keys.is("adc.kind", "serial")) return bits;
                  return b.keys.is("adc.kind", "ramp") ? std::exp2(bits) : bits + 2;
                },
                {"adc.kind", "adc.bits"});
}

Expression windows() {
  return amount("windows", [](const Bindings& b) { return b.work->windows; });
}
Expression bit_steps() {
  return amount("bit steps", [](const Bindings& b) {
    return 1.0 * hw::bit_steps(dac_of(b), b.work->activation_bits);
  });
}
Expression pulses() {
  return amount("pulses", [](const Bindings& b) {
    return 1.0 * of_product(hw::pulses, dac_of(b), b.work->activation_bits);
  });
}
Expression slices() {
  return amount("slices", [](const Bindings& b) { return b.work->slices; });
}
Expression blocks() {
  return amount("blocks",
                [](const Bindings& b) { return static_cast<double>(b.work->blocks.size()); });
}
Expression copies() {
  return amount("copies", [](const Bindings& b) { return 1.0 * b.work->copies; });
}
Expression tiles_of_copy() {
  return amount("tiles",
                [](const Bindings& b) { return 1.0 * b.allocation->tiles / b.work->copies; });
}
Expression weight_bits() {
  return amount("weight bits", [](const Bindings& b) { return 1.0 * b.work->weight_bits; });
}
Expression activation_bits() {
  return amount("activation bits", [](const Bindings& b) { return 1.0 * b.work->activation_bits; });
}
Expression sum_bits() {
  return amount("bits of a sum", [](const Bindings& b) {
    return 1.0 * hw::sum_bits(b.work->weight_bits, b.work->activation_bits, b.work->rows);
  });
}
Expression layer_rows() {
  return amount("rows of a group", [](const Bindings& b) { return 1.0 * b.work->rows; });
}
Expression layer_columns() {
  return amount("columns of the layer", [](const Bindings& b) { return 1.0 * b.work->columns; });
}
Expression output_channels() {
  return amount("output channels", [](const Bindings& b) { return 1.0 * b.work->columns; });
}
Expression pooled_windows() {
  return amount("pooled windows",
                [](const Bindings& b) { return 1.0 * b.work->pool * b.work->pool; });
}

Expression rows() {
  return block_amount("rows", [](const Bindings& b) { return 1.0 * b.block->rows; });
}
Expression columns() {
  return block_amount("columns", [](const Bindings& b) { return 1.0 * b.block->columns; });
}
Expression read_columns() {
  return block_amount("columns", [](const Bindings& b) {
    return 1.0 * (b.block->columns + extra_columns(encoding_of(b), input_sum_of(b)));
  });
}

Condition is_whole_layer() {
  return [](const Bindings& b) { return b.work->whole_layer; };
}
Condition is_last_layer() {
  return [](const Bindings& b) { return b.work->last; };
}
Condition has_blocks() {
  return [](const Bindings& b) { return !b.work->blocks.empty(); };
}
Condition is_digital() {
  return [](const Bindings& b) { return b.work->blocks.empty() && b.work->weight_bits > 0; };
}

}  // namespace kirchhoff::hw::quantity
