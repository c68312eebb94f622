#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "hw/config/register_map.h"

namespace kirchhoff::hw {

/// The controller's registers as plain storage: address decoding, access rights and ranges. No
/// time.
class RegisterFile {
 public:
  enum class Result { kOk, kAddressError, kAccessError, kRangeError };

  RegisterFile(TileId tile, int pes);
  /// Reset values; descriptors and tables are zero.
  void clear();
  Result write(reg::Address address, std::uint32_t value);
  Result read(reg::Address address, std::uint32_t& value) const;
  Result write_multiplier(int channel, std::int32_t value);
  Result write_bias(int channel, std::int64_t value);
  Result write_table(int entry, std::int32_t value);
  Result write_weight(int place, std::int32_t value);

  LayerRegisters layer() const { return bank<LayerRegisters>(0); }
  BlockRegisters block(PeId pe, int block) const {
    return bank<BlockRegisters>(reg::block_index(pe, block));
  }
  NodeId producer(int i) const { return NodeId{bank<ProducerRegister>(i).node}; }
  GroupRegisters group(GroupId group) const { return bank<GroupRegisters>(index(group)); }
  HopRegisters hop(int hop) const { return bank<HopRegisters>(hop); }
  const std::vector<std::int32_t>& multipliers() const { return multipliers_; }
  const std::vector<std::int64_t>& biases() const { return biases_; }
  const std::vector<std::int32_t>& table() const { return table_; }
  const std::vector<std::int32_t>& weights() const { return weights_; }

 private:
  static constexpr std::size_t kPageWords = 256;

  template <typename Bank>
  Bank bank(int i) const {
    return reg::decode<Bank>(i, [this](reg::Address address) { return word(address / 4); });
  }
  std::uint32_t word(std::size_t number) const {
    const std::vector<std::uint32_t>& page = pages_[number / kPageWords];
    return page.empty() ? 0 : page[number % kPageWords];
  }
  void set_word(std::size_t number, std::uint32_t value);

  const TileId tile_;
  const int pes_;
  const std::size_t words_;
  /// Most of the words of a tile are never written: their pages are empty.
  std::vector<std::vector<std::uint32_t>> pages_;
  std::vector<std::size_t> written_;  ///< words, since clear(): a program writes few of many
  std::vector<std::int32_t> multipliers_;
  std::vector<std::int64_t> biases_;
  std::vector<std::int32_t> table_, weights_;
};

}  // namespace kirchhoff::hw
