#pragma once

#include "hw/config/identifiers.h"

namespace kirchhoff::hw {

struct PeConfig;

/// Rows and columns of a PE's part of the unrolled weight matrix.
struct BlockShape {
  int rows = 0, columns = 0;
  PeId pe{};  ///< of the tile
};

/// What a policy allocates: for one tile, for one layer (the sum over its tiles) or for the chip.
/// Rows and columns of a crossbar that no weight uses stay switched off, and so do the DACs,
/// sample-and-holds and ADCs that serve them.
struct Allocation {
  int pes = 0;
  int pairs = 0;    ///< crossbar pairs (lanes): slices summed over the blocks
  int dacs = 0;     ///< used rows x pairs
  int columns = 0;  ///< used columns x pairs: sample-and-hold cells
  int adcs = 0;     ///< min(used columns, adc.per_pair) x pairs
  int tiles = 0;
  double routers = 0;   ///< a router that n tiles share counts 1/n for each of them
  double links = 0;     ///< output links of its tiles' routers, shared likewise
  long long cells = 0;  ///< used cells, all arrays
  int multipliers = 0;  ///< tiles whose SFUs multiply: mapping.depthwise = digital

  /// Calls v(name, amounts...) for each amount, with that of `a` and of all `others`.
  template <typename Visitor, typename A, typename... Others>
  static void visit(Visitor&& v, A& a, Others&... others) {
    v("pes", a.pes, others.pes...);
    v("pairs", a.pairs, others.pairs...);
    v("dacs", a.dacs, others.dacs...);
    v("columns", a.columns, others.columns...);
    v("adcs", a.adcs, others.adcs...);
    v("tiles", a.tiles, others.tiles...);
    v("routers", a.routers, others.routers...);
    v("links", a.links, others.links...);
    v("cells", a.cells, others.cells...);
    v("multipliers", a.multipliers, others.multipliers...);
  }

  Allocation& operator+=(const Allocation& other);
  /// What is left when `other` is taken away.
  Allocation& operator-=(const Allocation& other);

  /// Adds what a block takes of a PE, in `slices` slices.
  void add_block(const PeConfig& pe, const BlockShape& block, int slices);
};

}  // namespace kirchhoff::hw
