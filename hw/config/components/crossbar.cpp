#include "hw/config/components/counting.h"
#include "hw/config/components/tables.h"

namespace kirchhoff::hw::tables {

namespace {

/// Of one cell when rows and cells have their nominal activity.
Expression nominal_cell_read() {
  const Expression lrs = "crossbar.nominal_lrs";
  return Expression("crossbar.nominal_driven") *
         (lrs * "crossbar.lrs_read_pj" + (1_n - lrs) * "crossbar.hrs_read_pj");
}

/// Data-dependent energy counts levels of the cells.
Rate of_a_level(const char* key) {
  return {key, reciprocal(two_to("crossbar.cell_bits") - 1_n) * key};
}

}  // namespace

Component crossbar() {
  using namespace counting;
  const Expression used_cells =
      per_block(quantity::crossbars_of_pair().as("arrays") * quantity::slices() * quantity::rows() *
                quantity::read_columns());
  const Condition of_data = key_is("crossbar.energy", "data");
  const Condition in_rounds = [](const Bindings& names) {
    return names.keys.number("chip.tiles") > 0;
  };
  const std::vector<Factor> cells = {{"crossbar.rows", 1}, {"crossbar.cols", 1}};
  constexpr char kCells[] = "cells: MNSIM 2.0";

  Component c("crossbar", quantity::pairs() * quantity::crossbars_of_pair());
  c.events = {
      CostEvent("products", "matrix-vector products").expected(per_window(quantity::blocks())),
      CostEvent("bit_steps", "bit steps of a product").expected(per_bit_step(quantity::blocks())),
      CostEvent("lrs_reads", "levels of driven cells in the low-resistance state, per bit step")
          .costs(of_a_level("crossbar.lrs_read_pj"), of_data),
      CostEvent("hrs_reads", "levels of driven cells in the high-resistance state, per bit step")
          .costs(of_a_level("crossbar.hrs_read_pj"), of_data),
      CostEvent("cell_reads", "used cells of all arrays, per bit step and drive")
          .costs({"crossbar.lrs_read_pj", nominal_cell_read()},
                 key_is("crossbar.energy", "nominal"))
          .expected(per_drive(named("used cells", used_cells))),
      CostEvent("cell_pulses",
                "used cells of all arrays x pulses, whenever they are written in a run")
          .costs("crossbar.write_pj", in_rounds)};
  c.leak.reset();
  c.laws = {
      {"crossbar.rated_mw", cells, kCells},
      {"crossbar.area_um2", cells, kCells},
      {"crossbar.read_ns", {{"crossbar.rows", 0, kSettling}, {"crossbar.cols", 0, kSettling}}},
      {"crossbar.write_pulses",
       {{"crossbar.cell_bits", 0,
         "how many pulses verify a cell of several levels is not known"}}}};
  return c;
}

}  // namespace kirchhoff::hw::tables
