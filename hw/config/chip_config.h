#pragma once

#include <string>

#include "hw/config/replication.h"
#include "hw/config/tile_config.h"

namespace kirchhoff::hw {

enum class Schedule { kSequential, kPipelined };
/// What becomes of hardware without work: gated, what no layer has is switched off; idle, it leaks;
/// gated layers, the PEs and registers of a layer are off, too, but for its own windows.
enum class Unused { kGated, kIdle, kGatedLayers };
enum class Pack { kOff, kOn };
/// On a chip smaller than the network, what passes a round before the cells of the next one are
/// written: an image, or all images of a stream.
enum class RoundOf { kImage, kStream };
/// How the matrix of a convolution with groups lies on crossbars; digital: a depthwise one does
/// not.
enum class Depthwise { kDiagonal, kDense, kDigital };

enum class FlowControl { kWormhole, kCutThrough };
enum class NocTopology { kMesh, kCmesh };
enum class VcReuse { kTailSent, kTailCredit };

/// Names of the enumerations in config files, in the order of their values.
inline constexpr const char* kScheduleNames[] = {"sequential", "pipelined"};
inline constexpr const char* kUnusedNames[] = {"gated", "idle", "gated_layers"};
inline constexpr const char* kRoundOfNames[] = {"image", "stream"};
inline constexpr const char* kPackNames[] = {"off", "on"};
inline constexpr const char* kDepthwiseNames[] = {"diagonal", "dense", "digital"};

inline constexpr const char* kFlowControlNames[] = {"wormhole", "cut_through"};
inline constexpr const char* kNocTopologyNames[] = {"mesh", "cmesh"};
inline constexpr const char* kVcReuseNames[] = {"tail_sent", "tail_credit"};

/// Tiles along one side of the square that shares a router of a concentrated mesh.
constexpr int cluster_side(NocTopology topology, int concentration) {
  int side = 1;
  while (topology == NocTopology::kCmesh && side * side < concentration) ++side;
  return side;
}

struct NocConfig {
  NocTopology topology = NocTopology::kMesh;
  int concentration = 4;
  FlowControl flow_control = FlowControl::kCutThrough;
  int packet_flits = 16;
  int flit_bits = 32;
  int vcs = 1;
  int buffer_flits = 32;
  VcReuse vc_reuse = VcReuse::kTailSent;
  int credit_cycles = 1;
  int rc_cycles = 1;
  int va_cycles = 1;
  int sa_cycles = 1;
  int st_cycles = 1;
  int link_cycles = 1;
  int ni_packets = 4;
  Energy router_flit = 2.65_pj;
  Power router_leak = 1.3_mw;
  Power router_rated = 14.55_mw;
  Area router_area = 16000.0_um2;
  double link_mm = 0.61;
  Energy link_flit_mm = 1.56_pj;
  Power link_leak_mm = 0.015_mw;
  Power link_rated_mm = 1.575_mw;
  int watchdog_cycles = 100000;

  int cluster_side() const { return hw::cluster_side(topology, concentration); }
  /// Cycles within which a packet that nothing holds up moves on: its head through a router and
  /// over the link behind it, its flits out of the buffer in front of it, the credit back.
  int longest_hop_cycles() const {
    return rc_cycles + va_cycles + sa_cycles + st_cycles + link_cycles + credit_cycles +
           (packet_flits > buffer_flits ? packet_flits : buffer_flits);
  }
  /// Least patience of the watchdog that mistakes no way through the network for a standstill.
  int least_watchdog_cycles() const { return 4 * longest_hop_cycles(); }
};

struct ClockConfig {
  int pe_mhz = 1200;
  int tile_mhz = 1200;
  int noc_mhz = 1000;
};

/// The links to the outside. Always on: they count for the chip, not for an inference.
struct OffchipConfig {
  Power rated{};
  Area area{};
};

struct MappingConfig {
  SliceRule slices = SliceRule::kEq7;
  Pack pack = Pack::kOff;
  Depthwise depthwise = Depthwise::kDiagonal;
  int skip_rows = 0;  ///< 0: as many as fit, at least as many as must be there
  Replication replicate;
  int replicate_tiles = 168;
};

/// Weights of the normalised cost; they must sum to 1.
struct CostConfig {
  double alpha = 1.0 / 3.0;
  double beta = 1.0 / 3.0;
  double gamma = 1.0 / 3.0;
  int batch = 1;  ///< images whose costs are compared
};

/// Everything that describes a chip. The defaults are preset `table4`. Plain data: copy it, print
/// it, validate it.
struct ChipConfig {
  int mesh_width = 0;
  int mesh_height = 0;
  Schedule schedule = Schedule::kSequential;
  Unused unused = Unused::kGated;
  Duration wake = Duration::nanoseconds(100.0);
  Duration wake_leak = Duration::nanoseconds(1000.0);
  int write_tiles = 0;
  int tiles = 0;  ///< 0: as many as the network needs
  RoundOf round_of = RoundOf::kImage;
  ClockConfig clock;
  TileConfig tile;
  NocConfig noc;
  OffchipConfig offchip;
  MappingConfig mapping;
  CostConfig cost;

  /// Checks what a range per key cannot: relations between keys. Throws InputError naming the keys.
  void validate() const;
};

template <typename Config, typename Visitor>
void visit_chip(Config& c, Visitor& v) {
  v("chip.mesh_width", c.mesh_width, 0, 256,
    "columns of the mesh of tiles; 0 = the smallest near-square mesh that holds the network",
    "derived from the network");
  v("chip.mesh_height", c.mesh_height, 0, 256, "rows of the mesh; 0 = likewise",
    "derived from the network");
  v("chip.tiles", c.tiles, 0, 65536,
    "tiles that programs may use; layers that do not fit are written in rounds, when they are "
    "needed; 0 = as many as the mesh has",
    "own choice; ISAAC: 168");
  v("chip.round_of", c.round_of, kRoundOfNames,
    "chip.tiles: every image passes all rounds before the next image, or all images of a stream "
    "pass a round before the cells of the next one are written",
    "own choice");
  v("chip.schedule", c.schedule, kScheduleNames,
    "layers one after another, or each window as soon as its pixels exist", "paper eq. (8)");
  v("chip.unused", c.unused, kUnusedNames,
    "what a policy does not allocate: switched off, or leaking all the time; gated_layers: also "
    "off are the PEs, line buffer, adder, register and SFU of a layer before and after its windows",
    "assumption: weights stay, so unused hardware is known when they are loaded");
  v("chip.wake_ns", c.wake, 0.0, 1e6,
    "gated_layers: from the first window's pixels to its fetch, while the layer wakes up",
    "assumption: supply switches turned on in turn, against the surge of current");
  v("chip.wake_leak_ns", c.wake_leak, 0.0, 1e9,
    "gated_layers: energy of a wake-up, as the leakage of what wakes over so long",
    "assumption: charges the supply of what was off; break-even after that time");
  v("chip.write_tiles", c.write_tiles, 0, 65536, "tiles that are programmed at once; 0 = all",
    "assumption: every tile's controller writes its own crossbars");
  v("clock.pe_mhz", c.clock.pe_mhz, 1, 10000, "clock of DACs, crossbars, ADCs and shift-adders",
    "paper Table 4: 1.2 GS/s");
  v("clock.tile_mhz", c.clock.tile_mhz, 1, 10000, "clock of controller, buffers, bus and SFU",
    "ISAAC Table I: tile at 1.2 GHz");
  v("clock.noc_mhz", c.clock.noc_mhz, 1, 10000, "clock of routers and links", "ISAAC: 1 GHz");
  visit_tile(c.tile, v);
  auto& n = c.noc;
  v("noc.flit_bits", n.flit_bits, 8, 1024, "width of a link", "ISAAC Table I");
  v("noc.topology", n.topology, kNocTopologyNames,
    "a router per tile, or a square of tiles per router", "a router per tile: MNSIM 2.0");
  v("noc.concentration", n.concentration, 4, 16,
    "tiles that share a router of a cmesh: a square number", "ISAAC: 4 tiles");
  v("noc.flow_control", n.flow_control, kFlowControlNames,
    "buffers and channels allotted flit by flit, or packet by packet",
    "packet-buffer flow control");
  v("noc.packet_flits", n.packet_flits, 0, 4096,
    "longest packet, head included; longer messages travel as several; 0 = unlimited",
    "PUMA: packet of 16 flits");
  v("noc.vcs", n.vcs, 1, 8, "virtual channels per virtual network",
    "three virtual networks keep the classes of packets apart");
  v("noc.buffer_flits", n.buffer_flits, 1, 256, "input buffer of a virtual channel",
    "two packets: one leaves, the next comes in");
  v("noc.vc_reuse", n.vc_reuse, kVcReuseNames,
    "wormhole: when the next packet gets a virtual channel: once the tail has been sent into it, "
    "or "
    "once the tail's credit is back and it is empty",
    "BookSim 2's default");
  v("noc.credit_cycles", n.credit_cycles, 1, 64,
    "wormhole: from a flit's leaving a buffer to its place being usable again",
    "the next cycle: a wire beside the link");
  v("noc.rc_cycles", n.rc_cycles, 0, 16, "route computation (head flits)",
    "baseline virtual-channel router");
  v("noc.va_cycles", n.va_cycles, 0, 16, "virtual-channel allocation (head flits)",
    "baseline virtual-channel router");
  v("noc.sa_cycles", n.sa_cycles, 1, 16, "switch allocation", "baseline virtual-channel router");
  v("noc.st_cycles", n.st_cycles, 0, 16, "switch traversal", "baseline virtual-channel router");
  v("noc.link_cycles", n.link_cycles, 1, 16, "link traversal", "baseline virtual-channel router");
  v("noc.ni_packets", n.ni_packets, 1, 1024,
    "messages that wait in a network interface, each way and virtual network",
    "PUMA: receive buffer of 16 lines");
  v("noc.watchdog_cycles", n.watchdog_cycles, 0, 1000000000,
    "the run fails when packets wait and none has moved for so long; 0 = never, else at least four "
    "of the longest hops",
    "far beyond any packet's way across the chip");
  v("router.flit_pj", n.router_flit, 0.0, 1e4, "one flit through one router",
    "BookSim 2 power model, 5 ports, 32 nm (CACTI 3.07, Noxim 1.63)");
  v("router.leak_mw", n.router_leak, 0.0, 1e4, "one router", "CACTI 7 router, 32 nm");
  v("router.rated_mw", n.router_rated, 0.0, 1e4, "one router",
    "5 ports x 1 GHz x 2.65 pJ + leakage");
  v("router.area_um2", n.router_area, 0.0, 1e8, "one router", "CACTI 7 router, 32 nm");
  v("link.mm", n.link_mm, 0.0, 100.0, "pitch of the tiles, the length of a link of the mesh, in mm",
    "square root of ISAAC's tile area");
  v("link.flit_mm_pj", n.link_flit_mm, 0.0, 1e4, "one flit over one mm", "Noxim: 48.8 fJ/bit/mm");
  v("link.leak_mm_mw", n.link_leak_mm, 0.0, 1e3, "one mm of link", "Noxim: 32 x 0.48 uW");
  v("link.rated_mm_mw", n.link_rated_mm, 0.0, 1e4, "one mm of link at one flit per ns",
    "1.56 pJ x 1 GHz + leakage");
  v("offchip.rated_mw", c.offchip.rated, 0.0, 1e6,
    "links to the outside, always on: counted for the chip, not for an inference",
    "not in the paper's Table 4");
  v("offchip.area_um2", c.offchip.area, 0.0, 1e9, "links to the outside",
    "not in the paper's Table 4");
  v("mapping.slices", c.mapping.slices, kSliceRuleNames,
    "crossbar pairs per block: w, or w-1 because the sign is in the pair", "paper eq. (7)");
  v("mapping.encoding", c.tile.pe.encoding, kEncodingNames,
    "pairs of a positive and a negative array, or one array per slice of weight + 2^(w-1)",
    "paper section 3; ISAAC for offset");
  v("mapping.input_sum", c.tile.pe.input_sum, kInputSumNames,
    "sum of the inputs for the offset encoding: a column of ones per array, or counted digitally",
    "ISAAC section V; RAELLA for digital");
  v("mapping.pack", c.mapping.pack, kPackNames,
    "blocks of one layer share a PE while it has free pairs, or one block per PE",
    "paper section 3: one block per PE");
  v("mapping.depthwise", c.mapping.depthwise, kDepthwiseNames,
    "groups of a convolution one behind the other along the diagonal of a crossbar, as many as "
    "fit, or the whole matrix with the zeros between them; digital: depthwise ones are multiplied "
    "by the SFUs, others lie along the diagonal",
    "own choice; all are discussed for depthwise convolutions");
  v("mapping.skip_rows", c.mapping.skip_rows, 0, 65535,
    "rows of a residual sum's second operand in the buffer; 0 = as many as fit, and no fewer than "
    "keep the chip moving",
    "own choice");
  v("mapping.replicate", c.mapping.replicate,
    "copies of a layer's weights that share out its windows, no more than shorten the busiest: of "
    "every layer with weights, or of each of them in order; balance: as many of every layer as "
    "make "
    "the slowest one as fast as mapping.replicate_tiles allows",
    "paper: one copy; balance: ISAAC section IV");
  v("mapping.replicate_tiles", c.mapping.replicate_tiles, 1, 65536,
    "balance: tiles that the network may take with its copies, if the mesh has as many",
    "ISAAC: tiles of a chip");
  v("cost.alpha", c.cost.alpha, 0.0, 1.0, "weight of the latency ratio",
    "paper Table 5: mean of the three ratios");
  v("cost.beta", c.cost.beta, 0.0, 1.0, "weight of the energy ratio",
    "paper Table 5: mean of the three ratios");
  v("cost.gamma", c.cost.gamma, 0.0, 1.0, "weight of the rated-power ratio",
    "paper Table 5: mean of the three ratios");
  v("cost.batch", c.cost.batch, 1, 1024,
    "images that are sent one after another as one job, whose costs are counted and compared: the "
    "time until the last one's result, the energy of all",
    "paper: one image");
}

}  // namespace kirchhoff::hw
