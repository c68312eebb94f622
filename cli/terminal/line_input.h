#pragma once

#include <cstddef>
#include <string>

namespace kirchhoff::cli {

/// The lines of a descriptor that somebody else writes to. A reader that waits in std::getline
/// sleeps through a request to stop, because the call is taken up again behind the signal.
class LineInput {
 public:
  /// Of a line longer than `most` bytes the first most + 1 are kept, so that it is seen to be.
  LineInput(int descriptor, std::size_t most) : descriptor_(descriptor), most_(most) {}

  /// The next line without its end; a last one may lack it. False at the end of the input, and once
  /// a stop was asked for. RunError when the input cannot be read.
  bool next(std::string& line);

 private:
  /// Waits for more. False at the end, or when the program is to stop.
  bool fill();

  const int descriptor_;
  const std::size_t most_;
  bool ended_ = false;
  std::string text_;      ///< read, not yet given out
  std::size_t seen_ = 0;  ///< of it has no end of a line
};

}  // namespace kirchhoff::cli
