#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hw/config/chip_config.h"

namespace kirchhoff::sim {

/// A figure that somebody else published, and what comes out here.
struct Witness {
  std::string of;      ///< whose: "ISAAC Table I"
  std::string figure;  ///< "energy of one IMA over 16 cycles"
  std::string unit;    ///< empty for a count
  double published = 0, ours = 0;
  /// Largest distance from the published figure, in its unit; none: docs/validation.md says why it
  /// is not met, and there is no telling how far it may be.
  std::optional<double> bar;

  double distance() const { return ours - published; }
  bool met() const { return !bar || (distance() <= *bar && -distance() <= *bar); }
};

/// The bar of what must be exact but for rounding.
inline constexpr double kExact = 1e-9;

/// A group of witnesses, and what measures them: elaborates chips of its own, one after another
/// (sim/own_kernel.h).
using Witnesses = std::vector<Witness>;

/// ISAAC's Table I, section VI and Table IV: preset `isaac`.
Witnesses isaac_witnesses(const hw::ChipConfig& preset);
/// W8A8 in the paper's Table 5: preset `paper`.
Witnesses paper_witnesses(const hw::ChipConfig& preset);
/// A measured macro (Hung et al., ISSCC 2022): preset `hung22`.
Witnesses hung_witnesses(const hw::ChipConfig& preset);
/// Another (Xue et al., ISSCC 2021): preset `xue21`.
Witnesses xue_witnesses(const hw::ChipConfig& preset);
/// A measured chip (Wan et al., Nature 2022): preset `neurram`.
Witnesses neurram_witnesses(const hw::ChipConfig& preset);
/// A measured macro (Yao et al., 28 nm): preset `yao20`.
Witnesses yao_witnesses(const hw::ChipConfig& preset);
/// PUMA's matrix-vector unit: preset `puma`.
Witnesses puma_witnesses(const hw::ChipConfig& preset);
/// A measured macro (Wen et al., VLSI 2023) as ZigZag-NVM reads it: preset `wen`.
Witnesses wen_witnesses(const hw::ChipConfig& preset);
/// PipeLayer's spikes: preset `pipelayer`.
Witnesses pipelayer_witnesses(const hw::ChipConfig& preset);
/// PRIME's mats: preset `prime`.
Witnesses prime_witnesses(const hw::ChipConfig& preset);
/// BookSim 2 at low load: its router, two meshes.
Witnesses booksim_witnesses();
/// The paper's equations (7), (8) and (9).
Witnesses equation_witnesses();

/// A chip under the assumptions of eq. (8): a bit step is one cycle of the PE clock, conversions
/// hide behind it, and everything around the PEs is so fast that no product ever waits.
hw::ChipConfig equation_eight();

}  // namespace kirchhoff::sim
