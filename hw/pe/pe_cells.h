#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "hw/cells/converter_model.h"
#include "hw/config/pe_config.h"
#include "hw/config/register_map.h"
#include "hw/crossbar/lane_cells.h"
#include "hw/ports/pe_ports.h"

namespace kirchhoff::hw {

/// The cells of all lanes of a PE behind their addresses (register_map.h). Plain class.
class PeCells {
 public:
  explicit PeCells(const PeConfig& config);

  const LaneCells& lane(int pair) const { return lanes()[static_cast<std::size_t>(pair)]; }
  /// Whole rows of one array, or all flip flags of one; false where there are no such.
  bool write(reg::Address address, const std::uint8_t* bytes, unsigned length);
  bool read(reg::Address address, std::uint8_t* bytes, unsigned length) const;
  /// Clears all.
  void erase();
  /// Makes the cells of a block real, as they are programmed now, and the converters of its pairs;
  /// nothing where all are ideal.
  void realise(const PeSetup& block);

 private:
  /// What an access meets: rows of an array, or the flags of a lane.
  struct Place {
    std::size_t lane;
    bool positive, flags;
    int row, rows;
  };
  bool find(reg::Address address, unsigned length, Place& place) const;
  std::vector<LaneCells>& lanes() const;

  const CrossbarConfig crossbar_;
  const Encoding encoding_;
  const std::size_t pairs_;
  const bool unit_column_;
  /// Of real cells, converters with errors, conversions with noise: all are null, or cells are
  /// real.
  const std::optional<CellModel> model_;
  const std::optional<ConverterModel> converters_;
  const std::optional<NoiseModel> noise_;
  const int per_pair_;  ///< converters
  /// Made when they are first asked for: while only sizes flow, nobody does.
  mutable std::vector<LaneCells> lanes_;
  bool written_ = false;  ///< since erase()
};

}  // namespace kirchhoff::hw
