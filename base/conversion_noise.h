#pragma once

#include <cstddef>
#include <cstdint>

namespace kirchhoff::base {

/// The noise of conversions (docs/cells.md): normal numbers by name, and what they add to a
/// column's value in parts of a level. Pure functions with the same bits on every processor, for
/// one conversion and for many side by side.

/// Of the columns of one pair of arrays: two random words.
struct NoiseKey {
  std::uint32_t first = 0, second = 0;
};

/// What noise comes from: the cells' current, or the converter.
enum class NoiseKind : std::uint32_t { kRead, kThermal };

/// A read of a pair: its columns' numbers are named by it.
struct NoiseEvent {
  std::uint32_t image = 0;  ///< name of the image
  int y = 0, x = 0;         ///< of the window in the layer's map, below 2^16
  int bit = 0;              ///< lowest activation bit of the step, below 2^5
  int first_row = 0;        ///< of the block, that is read; below 2^11
};

/// Columns whose numbers come together: columns 4 n to 4 n + 3.
inline constexpr int kNoiseColumns = 4;

/// The standard normal number of one conversion, within 6.3.
float noise_deviate(const NoiseKey& key, NoiseKind kind, const NoiseEvent& event, int column);
/// No number is larger, nor smaller than minus this.
inline constexpr double kLargestDeviate = 6.3;

/// Windows of images side by side.
struct NoiseSlots {
  const std::uint32_t* images = nullptr;   ///< NoiseEvent::image by slot
  const std::uint32_t* windows = nullptr;  ///< window_word() by slot
  int count = 0;                           ///< a multiple of 16
};
inline std::uint32_t window_word(int y, int x) {
  return static_cast<std::uint32_t>(y) << 16 | static_cast<std::uint32_t>(x);
}

/// The numbers of kNoiseColumns columns from `first_column` on, which is a multiple of that: those
/// of column first_column + c in `deviates` from c * slots.count on.
void noise_deviates(const NoiseKey& key, NoiseKind kind, const NoiseSlots& slots, int bit,
                    int first_row, int first_column, float* deviates);

/// Parts of a level (docs/cells.md).
inline constexpr int kNoisePoint = 8;

/// What a cell of a conductance, in parts of a level, adds to a column's square: in 1/256 of the
/// square of a level.
inline std::int64_t noise_square(std::int64_t conductance) {
  return (conductance * conductance + (1 << (kNoisePoint - 1))) >> kNoisePoint;
}

/// Standard deviation of a column's current in parts of a level, of cells with a relative one of
/// `relative` whose squares add up to `squares`. A correctly rounded square root.
float read_sigma(float relative, std::int64_t squares);

/// `deviate` standard deviations as parts of a level: to the nearest, the even one of two.
std::int32_t noise_parts(float sigma, float deviate);

}  // namespace kirchhoff::base
