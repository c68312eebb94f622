#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cli/options/options.h"

namespace kirchhoff::cli {

/// One of several processes that share a folder's work.
struct Shard {
  int index = 1, count = 1;  ///< index from 1 to count

  /// "shard 2/3".
  std::string name() const;
};

/// `--shard i/n`: with which part of the work this process begins. Whoever has no work of its own
/// left takes what nobody has begun.
class ShardOption {
 public:
  explicit ShardOption(Options& options);
  /// After Options::parse(): what was given, otherwise the place in a job array of Slurm, otherwise
  /// nothing. InputError "--shard TEXT: …".
  std::optional<Shard> shard() const;

 private:
  std::string text_;
};

/// The numbers below `count` in the order in which a shard tries them: its own, every n-th, then
/// those of the next one, and so on.
std::vector<std::size_t> shard_order(const Shard& shard, std::size_t count);

}  // namespace kirchhoff::cli
