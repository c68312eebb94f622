#include "base/progress.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include <sys/ioctl.h>
#include <unistd.h>

#include "base/progress_line.h"

namespace kirchhoff {
namespace {

using std::chrono::steady_clock;

// Often enough to look alive on a terminal, seldom enough to keep a log short.
constexpr auto kTerminalInterval = std::chrono::milliseconds(200);
constexpr auto kLogInterval = std::chrono::seconds(30);
// For a line that says nothing new.
constexpr auto kLogHeartbeat = std::chrono::minutes(10);

bool silent = false;

bool standard_error_is_terminal() { return ::isatty(STDERR_FILENO) == 1; }

std::size_t terminal_width() {
  winsize size = {};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace

Progress::Progress(std::string title, std::string unit, std::size_t total, std::size_t done)
    : title_(std::move(title)),
      unit_(std::move(unit)),
      total_(total),
      first_(done),
      terminal_(standard_error_is_terminal()),
      start_(steady_clock::now()),
      drawn_(start_),
      done_(done),
      drawn_done_(done) {}

Progress::~Progress() { finish(); }

void Progress::wait(std::chrono::milliseconds patience) {
  patience_ = terminal_ ? patience : std::max<std::chrono::milliseconds>(patience, kLogInterval);
}

void Progress::update(std::size_t done, const std::string& note, double under_way) {
  const auto now = steady_clock::now();
  if (now - start_ < patience_) return;
  if (!open_) first_under_way_ = under_way;
  under_way_ = under_way;
  done_ = done;
  note_ = note;
  steady_clock::duration interval = kTerminalInterval;
  if (!terminal_)
    interval = done == drawn_done_ && note == drawn_note_ ? steady_clock::duration(kLogHeartbeat)
                                                          : steady_clock::duration(kLogInterval);
  const bool due = now - drawn_ >= interval;
  // On a terminal the first update shows at once; a log gets its first line after an interval.
  const bool opens = !open_;
  open_ = true;
  if (due || (opens && terminal_)) {
    draw(done, note, false);
    drawn_ = now;
    drawn_done_ = done;
    drawn_note_ = note;
  }
}

void Progress::finish() {
  if (!open_) return;
  draw(done_, note_, true);
  open_ = false;
}

void Progress::silence() { silent = true; }

void Progress::draw(std::size_t done, const std::string& note, bool last) {
  if (silent) return;
  const std::chrono::duration<double> elapsed = steady_clock::now() - start_;
  ProgressState state{title_, unit_, done, total_, 0, 0, elapsed.count(), note, last};
  const double reached = static_cast<double>(done) + under_way_;
  state.worked = std::max(0.0, reached - static_cast<double>(first_) - first_under_way_);
  state.left = std::max(0.0, static_cast<double>(total_) - reached);
  if (terminal_) {
    // A line that wraps could not be redrawn in place.
    const std::size_t room = std::max<std::size_t>(terminal_width(), 20) - 1;
    std::fprintf(stderr, "\r\x1b[K%s%s", progress_line(state, room).c_str(), last ? "\n" : "");
  } else {
    std::fprintf(stderr, "%s\n", progress_line(state, 0).c_str());
  }
  std::fflush(stderr);
}

}  // namespace kirchhoff
