#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <Eigen/Core>

#include "quant/accuracy/adc_columns.h"
#include "quant/accuracy/aligned_vector.h"
#include "quant/network/adc_model.h"

namespace kirchhoff::quant {

/// The columns of one layer's crossbars with real cells, for one AdcModel and width of weights.
///
/// What a bit step makes of a column is a sum of the cells whose inputs have that bit. A few rows
/// at a time, such a sum is one of 2^rows, so a table has them all; a step looks up, adds and
/// converts (docs/arithmetic.md). Sums are taken modulo 2^16 where their range is known to be
/// smaller.
struct CellColumns {
  /// A slice of one column of one block. With c = (sum + start) >> CellColumns::point_bits, limited
  /// to [low, high], its code is c + lowest_code. A real converter's c is that of its `staircase`
  /// at sum + start + place.
  ///
  /// Where conversions have noise, a slice's sums are at least `least`, and the squares of its
  /// cells (CellSource::noise_square) lie behind them in as many parts as they need, all but the
  /// last of kLowBits bits; c's limits count with the noise.
  struct Slice {
    std::size_t first_cell = 0;  ///< of its rows in `cells`
    int shift = 0;               ///< weight of the slice, 2^shift
    bool flipped = false;        ///< offset encoding: counts negatively
    bool clips = false;          ///< some sum has a c beyond the limits
    /// Sums do not fit 16 bits: `cells` are the lowest kLowBits bits of each cell, and behind them
    /// the rest, whose sum is no less than `least_rest`.
    bool wide = false;
    int least_rest = 0;
    int start = 0, lowest_code = 0, low = 0, high = 0;
    int staircase = 0, place = 0;
    int least = 0, square_parts = 0;
    /// Parts of cells that have tables.
    int parts() const { return (wide ? 2 : 1) + square_parts; }
  };
  static constexpr int kLowBits = 7;

  /// How many thresholds a value from 0 on has reached: as many as the start of its bucket
  /// (value >> bucket_bits), and at most `rounds` more.
  struct Staircase {
    std::size_t first_bucket = 0, first_threshold = 0;
    int rounds = 0;
  };

  /// A column of a block, or a unit column of one of its arrays.
  struct Entry {
    std::size_t first_slice = 0;
    int slices = 0;
    bool narrow = false;        ///< no slice is wide, and the codes of a bit step add up to 16 bits
    std::int32_t constant = 0;  ///< what a bit step adds beyond them
  };

  /// Rows of a crossbar that are read together.
  struct Block {
    int first_row = 0, rows = 0, first_column = 0, columns = 0;
    std::size_t first_entry = 0;
    std::size_t first_unit = 0;  ///< of its unit columns, by slice
    int slices = 0;
    int read_row = 0;           ///< first of the rows in its array
    std::size_t first_key = 0;  ///< of its pairs' noise, by slice
  };

  AdcModel adc;
  int point_bits = 0;  ///< log2 of a code's step in fixed point
  int lsb_bits = 0;    ///< log2 of adc.lsb
  /// Weights that lose nothing, as in AdcColumns: what an exact sum of the inputs adds.
  Eigen::MatrixXi plain;
  std::vector<Block> blocks;
  std::vector<Entry> entries;  ///< of the blocks' columns
  std::vector<Entry> units;    ///< a slice each; without unit columns: none
  /// By entry and slice: how often a column needs the sum of the inputs of that array.
  std::vector<std::int32_t> unit_factors;
  std::vector<Slice> slices;
  /// Of real converters.
  std::vector<Staircase> staircases;
  std::vector<std::uint16_t> buckets;
  std::vector<std::int32_t> thresholds;  ///< a largest number behind those of each
  int bucket_bits = 0;
  std::vector<base::NoiseKey> noise_keys;  ///< empty: no noise
  AlignedVector<std::int16_t> cells;       ///< row after row, zeros to kPaddedRows behind the last
  static constexpr int kPaddedRows = 8;
};

/// True where CellColumns can express the converter for a layer, and sums stay below 2^31: cells
/// are real, bit steps drive one bit of 512 rows at most, the ADC's step is a power of two, weights
/// and activations have 8 bits at most.
bool has_cell_columns(const AdcModel& adc, const Layer& layer, const LayerBits& bits);

/// Of a layer on crossbars, with its weights (rows() x out_channels) at that width.
CellColumns pack_cell_columns(const AdcModel& adc, LayerId id, const Layer& layer,
                              const Eigen::MatrixXi& weights, int weight_bits);

/// Memory of one thread.
struct CellScratch {
  AlignedVector<std::uint8_t> indices, tables;
  AlignedVector<std::int32_t> sums, unit_sums;
  AlignedVector<float> deviates;
};

/// Adds what the columns of a block contribute beyond `plain` to the sums of the first `windows`
/// windows, which are `window_step` apart and whose columns are kLanes apart. Conversions that
/// saturate in the slots of `valid` are added to `clipped`. `noise` says which windows of which
/// images lie in the slots, where conversions have noise.
void convert_cells(const CellColumns& columns, const CellColumns::Block& block,
                   const WordLinePlanes& lines, const Plane& valid, const base::NoiseSlots& noise,
                   int windows, CellScratch& scratch, std::int32_t* sums,
                   std::ptrdiff_t window_step, std::uint64_t& clipped);

}  // namespace kirchhoff::quant
