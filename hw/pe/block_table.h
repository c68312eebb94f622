#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "hw/config/pe_config.h"
#include "hw/config/read_steps.h"
#include "hw/ports/pe_ports.h"

namespace kirchhoff::hw {

/// The blocks that a PE holds, as its controller has configured them, how they are read, and which
/// pairs they use. The configuration must outlive the table.
class BlockTable {
 public:
  explicit BlockTable(const PeConfig& config)
      : config_(config),
        setups_(static_cast<std::size_t>(config.pairs)),
        reads_(setups_.size()),
        block_of_pair_(setups_.size(), -1) {}

  /// False when the block is what it was.
  bool set(int block, const PeSetup& setup) {
    PeSetup& old = setups_[static_cast<std::size_t>(block)];
    if (old == setup) return false;
    old = setup;
    reads_[static_cast<std::size_t>(block)] =
        reads_of_block(config_, setup.rows, setup.activation_bits);
    active_.clear();
    std::fill(block_of_pair_.begin(), block_of_pair_.end(), -1);
    for (int b = 0; b < size(); ++b) {
      const PeSetup& one = this->setup(b);
      if (one.rows == 0) continue;
      active_.push_back(b);
      std::fill_n(block_of_pair_.begin() + one.first_pair, one.slices, b);
    }
    return true;
  }

  int size() const { return static_cast<int>(setups_.size()); }
  const PeSetup& setup(int block) const { return setups_[static_cast<std::size_t>(block)]; }
  const BlockReads& reads(int block) const { return reads_[static_cast<std::size_t>(block)]; }
  /// Those with rows, in order.
  const std::vector<int>& active() const { return active_; }
  /// -1: unused.
  int block_of_pair(int pair) const { return block_of_pair_[static_cast<std::size_t>(pair)]; }

 private:
  const PeConfig& config_;
  std::vector<PeSetup> setups_;
  std::vector<BlockReads> reads_;
  std::vector<int> active_;
  std::vector<int> block_of_pair_;
};

}  // namespace kirchhoff::hw
