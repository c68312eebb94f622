#pragma once

#include "hw/config/pe_config.h"

namespace kirchhoff::hw {

struct EdramConfig {
  int kb = 64;
  int word_bits = 256;
  int banks = 2;
  Duration access = 2.0_ns;
  Energy read = 17.2_pj;
  Energy write = 17.2_pj;
  Power leak = 0.46_mw;
  Power rated = 20.7_mw;
  Area area = 83000.0_um2;
};

/// Between eDRAM and bus: keeps the pixels under the current windows, so that each is read from the
/// eDRAM once per row of windows.
struct LineBufferConfig {
  int bytes = 4096;
  RegisterConfig access{128, 1.89_pj, 5.43_pj, 1.288_mw, 3.55_mw, 9100.0_um2};
};

struct BusConfig {
  int width_bits = 256;
  Energy byte = 0.43_pj;
  Power leak = 1.0_mw;
  Power rated = 7.0_mw;
  Area area = 90000.0_um2;
};

struct TileAdderConfig {
  int lanes = 8;
  Energy add = 0.0189_pj;
  Power leak = 0.005_mw;
  Power rated = 0.05_mw;
  Area area = 60.0_um2;
};

struct SfuConfig {
  int lanes = 8;
  int latency_cycles = 3;
  Energy requantise = 0.565_pj;
  Energy lut = 0.225_pj;
  Energy pool = 0.08_pj;
  Power leak = 0.192_mw;
  Power rated = 0.92_mw;
  Area area = 4840.0_um2;
};

/// Where the multiplier's weights lie.
struct WeightRegisterConfig {
  int bytes = 4096;
  int word_bits = 128;
  Energy read = 1.89_pj;
  Power leak = 1.288_mw;
  Power rated = 3.55_mw;
  Area area = 9100.0_um2;
};

/// Before the SFU's reducer, where depthwise convolutions are digital.
struct MultiplierConfig {
  int lanes = 8;
  int bits = 8;
  Energy bit = 0.0022_pj;
  Power leak = 0.15_mw;
  Power rated = 1.5_mw;
  Area area = 2030.0_um2;
  WeightRegisterConfig weights;

  /// Cycles of a lane for a product of these widths.
  int passes(int weight_bits, int activation_bits) const {
    return ((weight_bits + bits - 1) / bits) * ((activation_bits + bits - 1) / bits);
  }
};

struct ControllerConfig {
  Energy command = 0.475_pj;
  Power leak = 0.05_mw;
  Power rated = 0.525_mw;
  Area area = 1450.0_um2;
};

struct TileConfig {
  int pes = 16;
  bool overlap = true;
  Duration stage{};
  int write_arrays = 1;
  PeConfig pe;
  EdramConfig edram;
  LineBufferConfig line_buffer;
  BusConfig bus;
  TileAdderConfig adder;
  RegisterConfig tile_register{128, 1.89_pj, 5.4_pj, 1.29_mw, 1.68_mw, 3200.0_um2};
  int tile_register_bytes = 3072;
  SfuConfig sfu;
  MultiplierConfig multiplier;
  ControllerConfig controller;
};

template <typename Config, typename Visitor>
void visit_tile(Config& c, Visitor& v) {
  v("tile.pes", c.pes, 1, 256, "PEs of a tile", "paper Table 4");
  v("tile.write_arrays", c.write_arrays, 1, 65536, "crossbars of a tile that are written at once",
    "assumption: one set of write drivers; a row draws 128 x 0.6 pJ / 10 ns = 7.7 mW");
  v("tile.overlap", c.overlap,
    "the next windows are fetched and multiplied while this one is completed; false: one at a time",
    "ISAAC pipeline");
  v("tile.stage_ns", c.stage, 0.0, 1e5,
    "beat of a synchronous pipeline: fetch, products, drain, SFU and write-back begin on it; 0 = "
    "as "
    "soon as they can",
    "none: sequences are coupled by buffers");
  visit_pe(c.pe, v);
  v("edram.kb", c.edram.kb, 1, 65536, "capacity of a tile's buffer in KiB", "ISAAC Table I");
  v("edram.word_bits", c.edram.word_bits, 8, 4096, "width of an access", "ISAAC Table I");
  v("edram.banks", c.edram.banks, 1, 64, "accesses that overlap", "ISAAC Table I");
  v("edram.access_ns", c.edram.access, 0.0, 1e4, "one access of one bank",
    "PUMA: 2 cycles of 1 GHz");
  v("edram.read_pj", c.edram.read, 0.0, 1e5, "one word",
    "PUMA: 17.2 pJ per 256 bits (CACTI 12.8, ISAAC 20.5)");
  v("edram.write_pj", c.edram.write, 0.0, 1e5, "one word", "as a read");
  v("edram.leak_mw", c.edram.leak, 0.0, 1e4, "one tile", "PUMA");
  v("edram.rated_mw", c.edram.rated, 0.0, 1e4, "one tile", "ISAAC Table I");
  v("edram.area_um2", c.edram.area, 0.0, 1e8, "one tile", "ISAAC Table I");
  auto& line = c.line_buffer;
  v("line_buffer.bytes", line.bytes, 0, 1 << 24,
    "pixels under the current windows; 0 = none, and no reuse when a layer's do not fit",
    "MNSIM 2.0: a line buffer per tile; 4 KiB hold 4 x 4 pixels of 256 channels at 8 bit");
  v("line_buffer.word_bits", line.access.word_bits, 8, 4096, "width of an access",
    "CACTI 7 run, 4 KB");
  v("line_buffer.read_pj", line.access.read, 0.0, 1e3, "one word", "CACTI 7 run, 4 KB, 32 nm");
  v("line_buffer.write_pj", line.access.write, 0.0, 1e3, "one word", "CACTI 7 run, 4 KB, 32 nm");
  v("line_buffer.leak_mw", line.access.leak, 0.0, 1e3, "one tile", "CACTI 7 run, 4 KB, 32 nm");
  v("line_buffer.rated_mw", line.access.rated, 0.0, 1e3, "one tile",
    "one read per cycle of 1.2 GHz and leakage");
  v("line_buffer.area_um2", line.access.area, 0.0, 1e7, "one tile", "CACTI 7 run, 4 KB, 32 nm");
  v("bus.width_bits", c.bus.width_bits, 8, 4096,
    "data wires of the tile bus, per cycle of the tile clock", "ISAAC: 256-bit bus");
  v("bus.byte_pj", c.bus.byte, 0.0, 1e3, "one byte moved",
    "ISAAC Table I as tabulated by Accelergy");
  v("bus.leak_mw", c.bus.leak, 0.0, 1e3, "one tile", "PUMA: 1 of 7 mW");
  v("bus.rated_mw", c.bus.rated, 0.0, 1e4, "one tile", "ISAAC Table I");
  v("bus.area_um2", c.bus.area, 0.0, 1e8, "one tile", "ISAAC Table I");
  v("tile_adder.lanes", c.adder.lanes, 1, 1024, "sums per cycle of the tile clock",
    "one bus word of 32-bit sums");
  v("tile_adder.add_pj", c.adder.add, 0.0, 1e3, "one sum",
    "ISAAC Table I as tabulated by Accelergy, less 10 % leakage");
  v("tile_adder.leak_mw", c.adder.leak, 0.0, 1e3, "one tile", "10 % of nominal: PUMA's split");
  v("tile_adder.rated_mw", c.adder.rated, 0.0, 1e3, "one tile", "ISAAC Table I");
  v("tile_adder.area_um2", c.adder.area, 0.0, 1e7, "one tile", "ISAAC Table I");
  auto& reg = c.tile_register;
  v("tile_register.bytes", c.tile_register_bytes, 64, 1 << 24,
    "capacity of the tile's output register", "ISAAC Table I");
  v("tile_register.word_bits", reg.word_bits, 32, 4096, "width of an access", "CACTI 7 run, 4 KB");
  v("tile_register.read_pj", reg.read, 0.0, 1e3, "one word", "CACTI 7 run, 4 KB, 32 nm");
  v("tile_register.write_pj", reg.write, 0.0, 1e3, "one word", "CACTI 7 run, 4 KB, 32 nm");
  v("tile_register.leak_mw", reg.leak, 0.0, 1e3, "one tile", "CACTI 7 run, 4 KB, 32 nm");
  v("tile_register.rated_mw", reg.rated, 0.0, 1e3, "one tile", "ISAAC Table I");
  v("tile_register.area_um2", reg.area, 0.0, 1e7, "one tile", "ISAAC Table I");
  v("sfu.lanes", c.sfu.lanes, 1, 1024, "values per cycle of the tile clock",
    "one bus word of 32-bit sums");
  v("sfu.latency_cycles", c.sfu.latency_cycles, 0, 64,
    "cycles of the tile clock through requantiser, look-up table and max-pool register",
    "one stage each");
  v("sfu.requantise_pj", c.sfu.requantise, 0.0, 1e3, "one value multiplied, shifted and clamped",
    "PUMA: 16-bit multiplication");
  v("sfu.lut_pj", c.sfu.lut, 0.0, 1e3, "one read of the ReLU table",
    "CACTI 7 run, 256 B, 16-bit port");
  v("sfu.pool_pj", c.sfu.pool, 0.0, 1e3, "one comparison with the max-pool register",
    "Accelergy library: comparator and 8-bit register");
  v("sfu.leak_mw", c.sfu.leak, 0.0, 1e3, "one tile", "PUMA: ALU");
  v("sfu.rated_mw", c.sfu.rated, 0.0, 1e3, "one tile",
    "ISAAC Table I: 2 sigmoid units and max-pool");
  v("sfu.area_um2", c.sfu.area, 0.0, 1e7, "one tile",
    "PUMA: 4-function ALU, ISAAC: sigmoid and max-pool");
  auto& m = c.multiplier;
  v("multiplier.lanes", m.lanes, 1, 4096,
    "mapping.depthwise = digital: products that the SFU takes per cycle of the tile clock",
    "as many as the SFU has lanes");
  v("multiplier.bits", m.bits, 1, 16,
    "widest operands of a lane; wider ones take ceil(w / bits) x ceil(a / bits) cycles",
    "W8A8 in one cycle; 2: the bricks of Bit Fusion");
  v("multiplier.bit_pj", m.bit, 0.0, 1e3,
    "one partial product: a product of w and a bits has w x a of them",
    "PUMA: 0.565 pJ per 16-bit multiplication (Horowitz: 0.2 and 3.1 pJ at 8 and 32 bits, 45 nm)");
  v("multiplier.leak_mw", m.leak, 0.0, 1e3, "one tile", "10 % of nominal: PUMA's split");
  v("multiplier.rated_mw", m.rated, 0.0, 1e4, "one tile",
    "8 products of 8 x 8 bits per cycle of 1.2 GHz and leakage");
  v("multiplier.area_um2", m.area, 0.0, 1e8, "one tile",
    "Aladdin: 6350 um2 at 32 bits, 40 nm; with the widths' product and the square of the length");
  auto& w = m.weights;
  v("weight_register.bytes", w.bytes, 1, 1 << 24, "the multiplier's weights on a tile",
    "455 channels of 3 x 3 weights of 8 bits");
  v("weight_register.word_bits", w.word_bits, 8, 4096, "width of an access", "CACTI 7 run, 4 KB");
  v("weight_register.read_pj", w.read, 0.0, 1e3, "one word", "CACTI 7 run, 4 KB, 32 nm");
  v("weight_register.leak_mw", w.leak, 0.0, 1e3, "one tile", "CACTI 7 run, 4 KB, 32 nm");
  v("weight_register.rated_mw", w.rated, 0.0, 1e3, "one tile",
    "one read per cycle of 1.2 GHz and leakage");
  v("weight_register.area_um2", w.area, 0.0, 1e7, "one tile", "CACTI 7 run, 4 KB, 32 nm");
  v("controller.command_pj", c.controller.command, 0.0, 1e3,
    "one command to a component of the tile", "PUMA: 0.475 mW at 1 GHz");
  v("controller.leak_mw", c.controller.leak, 0.0, 1e3, "one tile", "PUMA");
  v("controller.rated_mw", c.controller.rated, 0.0, 1e3, "one tile", "PUMA");
  v("controller.area_um2", c.controller.area, 0.0, 1e7, "one tile", "PUMA");
}

}  // namespace kirchhoff::hw
