#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/line_memo.h"
#include "sim/turn_counts.h"

namespace kirchhoff::sim {

/// What a turn depends on, as numbers.
using TurnKey = std::vector<std::int64_t>;

/// Turns that were simulated before, kept across runs and processes.
class TurnMemo {
 public:
  /// `path` may be empty: nothing outlives this object. `fingerprint`: one word, of everything
  /// that is not in the keys: network, chip, program.
  explicit TurnMemo(const std::string& path = "", const std::string& fingerprint = "");

  /// Null: it is not known. Stays where it is.
  const MeasuredTurn* find(const TurnKey& key) const;
  void store(const TurnKey& key, MeasuredTurn turn);

 private:
  bool take(const std::string& values);
  std::map<TurnKey, MeasuredTurn> turns_;
  LineMemo file_;
};

}  // namespace kirchhoff::sim
