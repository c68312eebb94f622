#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace kirchhoff {

/// Progress of long work on standard error: one line that is redrawn on a terminal, and a plain
/// line now and then in a log (base/progress_line.h says what is in it).
class Progress {
 public:
  /// `unit` is what is counted ("episodes", "images"); `total` 0: unknown; `done` may start above 0
  /// after a resume.
  Progress(std::string title, std::string unit, std::size_t total, std::size_t done = 0);
  ~Progress();
  /// On a terminal nothing is shown before so long after the start, in a log nothing before its
  /// first line is due, nor of work that has ended by then: for what is mostly done at once. To be
  /// said before the first update.
  void wait(std::chrono::milliseconds patience);
  /// Reports that `done` of the total are finished; `note` is free text such as the best value so
  /// far. `under_way`: how much of what is not finished is done, as a share of one each, where many
  /// long things are under way at a time; the time left looks at it.
  void update(std::size_t done, const std::string& note, double under_way = 0.0);
  /// Shows no progress from now on, anywhere in the program.
  static void silence();
  /// Ends the line; further updates start a new one.
  void finish();

 private:
  void draw(std::size_t done, const std::string& note, bool last);
  const std::string title_, unit_;
  const std::size_t total_, first_;
  const bool terminal_;
  const std::chrono::steady_clock::time_point start_;
  std::chrono::milliseconds patience_{0};
  std::chrono::steady_clock::time_point drawn_;
  std::size_t done_;
  std::string note_;
  std::size_t drawn_done_;
  std::string drawn_note_;
  double under_way_ = 0.0, first_under_way_ = 0.0;
  bool open_ = false;
};

}  // namespace kirchhoff
