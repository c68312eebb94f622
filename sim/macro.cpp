#include "sim/macro.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <vector>

#include <fmt/format.h>
#include <tlm_utils/simple_initiator_socket.h>

#include "base/error.h"
#include "hw/common/clock.h"
#include "hw/config/components.h"
#include "hw/config/encoding.h"
#include "hw/config/scaling.h"
#include "hw/pe/pe.h"
#include "sim/own_kernel.h"

namespace kirchhoff::sim {

namespace {

/// Components of a PE whose events and leakage belong to a macro.
constexpr const char* kOfMacro[] = {"dac",        "crossbar", "sample_hold",
                                    "subtractor", "adc",      "shift_adder"};

/// Stands where the tile would be.
struct Bench : sc_core::sc_module, hw::PeListenerIf {
  Bench(const sc_core::sc_module_name& name, const hw::ChipConfig& config)
      : sc_module(name),
        clock(config.clock.pe_mhz),
        pe("pe", hw::PeId{0}, config.tile.pe, clock, hw::Fidelity::kBit) {
    listener.bind(*this);
    pe.listener(listener);
    bus.bind(pe.bus_socket);
    cells.bind(pe.cell_socket);
  }
  void pe_ready(hw::PeId) override {
    if (!started_second) pe.start(1, 1, {});
    started_second = true;
  }
  void pe_done(hw::PeId) override {
    done_ns.push_back(sc_core::sc_time_stamp().to_seconds() * 1e9);
  }

  hw::Clock clock;
  tlm_utils::simple_initiator_socket<Bench> bus{"bus"}, cells{"cells"};
  sc_core::sc_export<hw::PeListenerIf> listener{"listener"};
  hw::Pe pe;
  bool started_second = false;
  std::vector<double> done_ns;
};

hw::PeSetup setup_of(const hw::ChipConfig& config, const MacroProduct& product, int block) {
  const hw::PeConfig& pe = config.tile.pe;
  hw::PeSetup setup;
  setup.rows = product.rows;
  setup.columns = product.columns;
  setup.weight_bits = product.weight_bits;
  setup.activation_bits = product.activation_bits;
  setup.slices = std::max(1, hw::weight_slices(pe.encoding, config.mapping.slices,
                                               product.weight_bits, pe.crossbar.cell_bits));
  setup.first_pair = block * setup.slices;
  setup.sum_bits = hw::sum_bits(product.weight_bits, product.activation_bits, product.rows);
  return setup;
}

void check(const hw::ChipConfig& config, const MacroProduct& product) {
  const hw::PeConfig& pe = config.tile.pe;
  const int pairs = setup_of(config, product, product.blocks).first_pair;
  if (product.rows > pe.crossbar.rows || product.columns > pe.crossbar.cols || pairs > pe.pairs) {
    throw InputError(fmt::format(
        "a product of {} x {} weights on {} pairs: must fit {} pairs of {} x {} cells",
        product.rows, product.columns, pairs, pe.pairs, pe.crossbar.rows, pe.crossbar.cols));
  }
}

}  // namespace

double MacroCost::total_pj() const {
  double sum = 0;
  for (const auto& [component, pj] : energy_pj) sum += pj;
  return sum;
}

MacroCost measure_macro(const hw::ChipConfig& config, const MacroProduct& product) {
  check(config, product);
  return on_own_kernel([&] {
    Bench bench("macro", config);
    sc_core::sc_report_handler::set_actions(sc_core::SC_ID_NO_SC_START_ACTIVITY_,
                                            sc_core::SC_DO_NOTHING);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    bench.clock.restart();
    hw::Allocation used;
    for (int b = 0; b < product.blocks; ++b) {
      const hw::PeSetup setup = setup_of(config, product, b);
      bench.pe.configure(b, setup);
      used.pairs += setup.slices;
      used.dacs += setup.slices * setup.rows;
      const int columns = setup.columns + config.tile.pe.extra_columns();
      used.columns += setup.slices * columns;
      used.adcs += setup.slices * std::min(columns, config.tile.pe.adc.per_pair);
    }
    bench.pe.start(0, 0, {});
    sc_core::sc_start();
    MacroCost cost;
    cost.latency_ns = bench.done_ns.at(0);
    cost.interval_ns = bench.done_ns.at(1) - bench.done_ns.at(0);
    std::map<std::string, double> counted;
    bench.pe.counters().visit([&](const char* name, std::uint64_t value, const char*) {
      counted[name] = static_cast<double>(value) / 2;  // two products
    });
    const hw::ConfigNumbers keys(config);
    const hw::Bindings names{keys, &used};
    for (const hw::Component& component : hw::components()) {
      if (std::find(std::begin(kOfMacro), std::end(kOfMacro), component.name) == std::end(kOfMacro))
        continue;
      double& pj = cost.energy_pj[component.name];
      for (const hw::CostEvent& event : component.events) {
        if (event.energy && (!event.charged || event.charged(names)))
          pj += counted.at(event.counter) * event.energy->value(keys);
      }
      if (component.area)
        cost.area_um2 += component.instances.value(names) * component.area->value(keys);
      if (component.leak)
        pj += component.instances.value(names) * component.leak->value(keys) * cost.interval_ns;
    }
    return cost;
  });
}

}  // namespace kirchhoff::sim
