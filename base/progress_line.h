#pragma once

#include <cstddef>
#include <string>

namespace kirchhoff {

/// What a line of progress tells.
struct ProgressState {
  std::string title;      ///< "search"
  std::string unit;       ///< what is counted: "episodes"
  std::size_t done = 0;   ///< finished
  std::size_t total = 0;  ///< 0: unknown
  double worked = 0;      ///< finished since the start, with shares of what is under way
  double left = 0;        ///< of the total, likewise
  double elapsed_s = 0;   ///< since the start
  std::string note;       ///< what matters most: the best value so far
  bool last = false;      ///< the work is over
};

/// "search: 12/300 episodes, best 98.20 % at cost 0.790, 2 min 10 s left, 2.2 episodes/s": of these
/// parts as many, from the left, as fit `room` columns (0: any number). Times and rates are left
/// out before they mean something: in the first seconds, and when nothing is finished.
std::string progress_line(const ProgressState& state, std::size_t room);

}  // namespace kirchhoff
