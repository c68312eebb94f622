#include "base/progress.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/printable.h"

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

std::string readable_duration(double seconds) {
  const auto total = static_cast<long long>(seconds + 0.5);
  if (total < 60) return fmt::format("{} s", total);
  if (total < 3600) return fmt::format("{} min {:02} s", total / 60, total % 60);
  return fmt::format("{} h {:02} min", total / 3600, total / 60 % 60);
}

std::string readable_rate(double per_second, const std::string& unit) {
  if (per_second >= 10) return fmt::format("{:.0f} {}/s", per_second, unit);
  if (per_second >= 0.1) return fmt::format("{:.2g} {}/s", per_second, unit);
  return fmt::format("{:.2g} {}/min", per_second * 60, unit);
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

void Progress::update(std::size_t done, const std::string& note) {
  done_ = done;
  note_ = note;
  const auto now = steady_clock::now();
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
  std::string line = total_ == 0 ? fmt::format("{}: {} {}", title_, done, unit_)
                                 : fmt::format("{}: {}/{} {}", title_, done, total_, unit_);
  const std::size_t worked = done > first_ ? done - first_ : 0;
  if (worked > 0 && elapsed.count() > 0) {
    const double rate = static_cast<double>(worked) / elapsed.count();
    // What took no time has no rate worth reading.
    if (elapsed >= std::chrono::seconds(1)) line += ", " + readable_rate(rate, unit_);
    if (last) {
      line += ", took " + readable_duration(elapsed.count());
    } else if (done < total_) {
      line += ", " + readable_duration(static_cast<double>(total_ - done) / rate) + " left";
    }
  }
  if (!note.empty()) line += ", " + note;
  line = printable(line);
  if (terminal_) {
    // A line that wraps could not be redrawn in place.
    const std::size_t room = std::max<std::size_t>(terminal_width(), 20) - 1;
    if (line.size() > room) line.resize(room);
    std::fprintf(stderr, "\r\x1b[K%s%s", line.c_str(), last ? "\n" : "");
  } else {
    std::fprintf(stderr, "%s\n", line.c_str());
  }
  std::fflush(stderr);
}

}  // namespace kirchhoff
