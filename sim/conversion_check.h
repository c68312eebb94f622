#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "hw/chip/chip.h"
#include "mapping/mapping.h"
#include "quant/network/golden.h"

namespace kirchhoff::sim {

/// A conversion of the chip whose code is not the golden inference's.
struct ConversionDifference {
  int row_block = 0;
  hw::TileId tile{};
  hw::PeId pe{};
  int bit = 0, first_row = 0, slice = 0;
  int column = 0;             ///< of the PE's arrays
  bool unit_column = false;   ///< the one that counts the driven word lines
  std::optional<int> chip{};  ///< empty: nothing was converted
  int golden = 0;

  /// "row block 1 (tile 3, PE 2), bit step 4, slice 2, column 5: code 12, golden 13"; where rows
  /// are read in groups "…, bit step 4, rows from 8, slice 2, …".
  std::string text() const;
};

/// An output channel and a window.
struct ConversionPlace {
  int channel = 0;
  int copy = 0;    ///< of the layer's weights, that computes the window
  int window = 0;  ///< of all windows of the run that its tiles compute, in their order
};

/// What the ADCs made of one output channel in one window: watches the PEs that hold the channel's
/// column while the chip runs, and compares. The watch ends with the object.
class ConversionCheck {
 public:
  ConversionCheck(hw::Chip& chip, const mapping::Mapping& mapping, quant::LayerId layer,
                  const ConversionPlace& place);
  ~ConversionCheck();
  ConversionCheck(const ConversionCheck&) = delete;
  ConversionCheck& operator=(const ConversionCheck&) = delete;

  /// The first difference by row block, read and slice; null: the codes are the golden ones.
  std::optional<ConversionDifference> first(const quant::ConversionCodes& golden) const;

 private:
  /// A row block of the channel's column, and what its ADCs delivered.
  struct Watched {
    const mapping::Block* block;
    hw::TileId tile;
    int column;               ///< of the block
    std::vector<int> window;  ///< that a slice is at
    /// By bit, first row and slice, of the column and of the one behind the block's last.
    std::map<std::tuple<int, int, int>, int> codes, units;
  };
  void see(Watched& watched, const hw::Conversions& conversions) const;

  hw::Chip& chip_;
  const int slices_, lsb_;
  const bool unit_column_;
  const int window_;
  std::vector<Watched> watched_;
};

}  // namespace kirchhoff::sim
