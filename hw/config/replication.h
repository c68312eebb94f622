#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kirchhoff::hw {

/// How many copies of the layers' weights share out their windows (key mapping.replicate).
struct Replication {
  static constexpr int kMost = 65536;

  /// As many as make the slowest layer as fast as the tiles allow.
  bool balance = false;
  /// Otherwise: one number, of every layer with weights, or one for each of them, in order.
  std::vector<int> copies = {1};

  bool single() const { return !balance && copies == std::vector<int>{1}; }
  /// "balance", "4" or "4,2,1".
  std::string text() const;
  /// False, and nothing else, when `text` is none of them.
  bool assign(std::string_view text);
};

}  // namespace kirchhoff::hw
