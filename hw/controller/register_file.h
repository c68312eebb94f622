#pragma once

#include <cstdint>
#include <vector>

#include "hw/config/register_map.h"

namespace kirchhoff::hw {

/// Window geometry and widths of a tile's layer, decoded.
struct LayerRegisters {
  int weight_bits, activation_bits, output_bits, slices;
  int channel_begin, channels, input_height, input_width;
  int kernel_height, kernel_width, stride, padding;
  int output_height, output_width, pool, shift;
  int sources, groups, hops, layer;
  bool functional;
  int images, buffer_rows, producers, sum_bits;

  /// Of one image.
  int windows() const { return output_height * output_width * pool * pool; }
};

struct BlockRegisters {
  int row_begin, rows, columns, group, first_pair;
};

struct GroupRegisters {
  int channel_begin, channels, aggregator, slot, partials, windows;
};

struct HopRegisters {
  int group, node, stream, channel_begin, channels, rows;
};

/// The controller's registers as plain storage: address decoding, access rights and ranges. No
/// time.
class RegisterFile {
 public:
  enum class Result { kOk, kAddressError, kAccessError, kRangeError };

  RegisterFile(int tile, int pes);
  /// Reset values; descriptors and tables are zero.
  void clear();
  Result write(reg::Address address, std::uint32_t value);
  Result read(reg::Address address, std::uint32_t& value) const;
  Result write_multiplier(int channel, std::int32_t value);
  Result write_bias(int channel, std::int64_t value);

  LayerRegisters layer() const;
  BlockRegisters block(int pe, int block) const;
  int producer(int i) const { return word(reg::kProducerBase + 4 * static_cast<unsigned>(i)); }
  GroupRegisters group(int group) const;
  HopRegisters hop(int hop) const;
  const std::vector<std::int32_t>& multipliers() const { return multipliers_; }
  const std::vector<std::int64_t>& biases() const { return biases_; }

 private:
  int word(reg::Address address) const { return static_cast<int>(words_[address / 4]); }

  const int tile_, pes_;
  std::vector<std::uint32_t> words_;
  std::vector<reg::Address> written_;  ///< since clear(): a program writes few of many
  std::vector<std::int32_t> multipliers_;
  std::vector<std::int64_t> biases_;
};

}  // namespace kirchhoff::hw
