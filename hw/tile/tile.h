#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <systemc>
#include <tlm>

#include "hw/common/clock.h"
#include "hw/common/fidelity.h"
#include "hw/common/observer.h"
#include "hw/config/chip_config.h"
#include "hw/controller/controller.h"
#include "hw/noc/network_interface.h"
#include "hw/pe/pe.h"
#include "hw/tile/edram_buffer.h"
#include "hw/tile/line_buffer.h"
#include "hw/tile/sfu.h"
#include "hw/tile/tile_bus.h"
#include "hw/tile/tile_shift_adder.h"

namespace kirchhoff::hw {

/// A counter of TileTimes: "wait_bus_ps".
struct TimeCounter {
  std::string name, meaning;
};
/// That of TileTimes::fill.
inline constexpr char kFillCounter[] = "fill_ps";
/// By activity.
const std::array<TimeCounter, kActivities>& time_counters();

/// Everything that a tile did in a run: sums over its components. The names are the keys of reports
/// and the order is that of the counter registers.
struct TileCounters {
  PeCounters pe;
  std::uint64_t edram_reads = 0, edram_writes = 0, line_reads = 0, line_writes = 0, bus_bytes = 0;
  std::uint64_t tile_adds = 0, tile_register_reads = 0, tile_register_writes = 0;
  std::uint64_t requantised = 0, table_reads = 0, pool_comparisons = 0, sfu_additions = 0;
  std::uint64_t bit_products = 0, weight_reads = 0;
  std::uint64_t commands = 0, windows = 0;
  std::uint64_t bus_busy_cycles = 0, bus_stall_cycles = 0, edram_stall_cycles = 0;
  std::uint64_t begin_cycle = 0, end_cycle = 0;
  std::uint64_t buffer_rows = 0, partial_windows = 0, residual_rows = 0;
  TileTimes times;

  template <typename Visitor>
  void visit(Visitor&& v) {
    pe.visit(v);
    v("edram_reads", edram_reads, "words read from the eDRAM buffer");
    v("edram_writes", edram_writes, "words written to the eDRAM buffer");
    v("line_reads", line_reads, "words read from the line buffer");
    v("line_writes", line_writes, "words written to the line buffer");
    v("bus_bytes", bus_bytes, "bytes moved over the tile bus");
    v("tile_adds", tile_adds, "sums added by the tile shift-adder");
    v("tile_register_reads", tile_register_reads, "words read from the tile's output register");
    v("tile_register_writes", tile_register_writes, "words written to the tile's output register");
    v("requantised", requantised, "values requantised");
    v("table_reads", table_reads, "reads of the SFU's table");
    v("pool_comparisons", pool_comparisons, "comparisons with the max-pool register");
    v("sfu_additions", sfu_additions,
      "values of windows and second operands that the SFU added or compared");
    v("bit_products", bit_products, "partial products of the SFU's multipliers");
    v("weight_reads", weight_reads, "words read from the SFU's weight register");
    v("commands", commands, "commands of the controller");
    v("windows", windows, "windows completed");
    v("bus_busy_cycles", bus_busy_cycles, "cycles that the tile bus was occupied");
    v("bus_stall_cycles", bus_stall_cycles, "cycles that requests waited for the tile bus");
    v("begin_cycle", begin_cycle, "cycle of the tile clock in which the first window was fetched");
    v("end_cycle", end_cycle, "cycle of the tile clock in which the last window was handed on");
    v("edram_stall_cycles", edram_stall_cycles, "cycles that requests waited for the eDRAM buffer");
    v("buffer_rows", buffer_rows, "most rows of the input map that lay in the buffer at a time");
    v("partial_windows", partial_windows, "most windows of a group's partial sums at a time");
    v("residual_rows", residual_rows,
      "most rows of the second operand that lay in the buffer at a time");
    v(kFillCounter, times.fill,
      "picoseconds of the first window's way to the PEs and the last one's from them");
    for (std::size_t i = 1; i < kActivities; ++i)
      v(time_counters()[i].name.c_str(), times.by[i], time_counters()[i].meaning.c_str());
  }
};

/// A tile: controller, eDRAM buffer, bus, PEs, shift-adder, SFU, network interface. Pure structure.
class Tile final : public sc_core::sc_module, public TileIf {
 public:
  Tile(const sc_core::sc_module_name& name, TileId tile, const ChipConfig& config,
       const Clocks& clocks, Fidelity fidelity, const Tracer* tracer = nullptr,
       Observer* observer = nullptr, Turns* turns = nullptr);
  ~Tile() override;

  /// Reset values everywhere; `erase` clears the crossbars too.
  void reset(bool erase);
  /// Ready for another run of the same program: contents of crossbars and registers stay.
  void rewind();
  /// As Pe::name_images.
  void name_images(const std::vector<std::uint32_t>& names);
  /// A turn begins: arbiters are as after reset(), counters go on. Only while nothing happens.
  void begin_turn();
  TileCounters counters() const;
  std::vector<std::uint64_t> counter_values() const override;
  void rewind_datapath() override;
  void report_waiting(std::vector<std::string>& lines) const;

  Controller& controller() { return controller_; }
  NetworkInterface& network_interface() { return network_interface_; }
  Pe& pe(PeId id) { return *pes_[id]; }

 private:
  EdramBuffer edram_;
  LineBuffer line_buffer_;
  TileBus bus_;
  TileShiftAdder adder_;
  Sfu sfu_;
  NetworkInterface network_interface_;
  Controller controller_;
  IndexedVector<PeId, std::unique_ptr<Pe>> pes_;
};

}  // namespace kirchhoff::hw
