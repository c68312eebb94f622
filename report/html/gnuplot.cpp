#include "report/html/gnuplot.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file_text.h"
#include "base/input_file.h"
#include "base/job_runner.h"
#include "base/stop_request.h"
#include "base/temporary_folder.h"
#include "report/html/palette.h"

namespace kirchhoff::report::html {
namespace {

std::string gnuplot() {
  const std::string program = find_program("gnuplot");
  if (program.empty()) {
    throw RunError("gnuplot: not found; --html draws with it (Debian package gnuplot-nox)");
  }
  return program;
}

/// What all plots have in common. The font size is chosen for a plot as wide as a phone: it comes
/// out at 11 px there.
std::string preamble(int width, int height, const std::string& output) {
  return fmt::format(
      "reset session\n"
      "set encoding utf8\n"
      "set terminal svg size {},{} dynamic noenhanced font 'sans-serif,14' linewidth 1\n"
      "set output {}\n"
      "set datafile missing 'NaN'\n"
      "set grid back lc rgb '{}' dt 1 lw 1\n"
      "set border 3 lw 1\n"
      // The default rounds narrow ranges to labels that are all the same.
      "set format '%g'\n"
      "set tics nomirror\n"
      "set key tmargin center horizontal Left reverse samplen 2 spacing 1.1 width -1 font ',13'\n"
      "set rmargin 5\n"
      "set style fill solid 0.2 noborder\n",
      width, height, quoted(output), kGridDrawn);
}

/// What tells where the axes of the plot above lie; gnuplot counts its pixels from the bottom.
std::string tell_axes(const std::string& output) {
  return fmt::format(
      "unset output\n"
      "set print {}\n"
      "print sprintf('%.17g %.17g %.17g %.17g', GPVAL_X_MIN, GPVAL_X_MAX, GPVAL_Y_MIN, "
      "GPVAL_Y_MAX)\n"
      "print sprintf('%.17g %.17g %.17g %.17g', GPVAL_TERM_XMIN, GPVAL_TERM_XMAX, "
      "GPVAL_TERM_YMIN, GPVAL_TERM_YMAX)\n"
      "set print\n",
      quoted(output));
}

DrawnAxes told_axes(const std::string& path, int height) {
  std::istringstream told(stored_text(path));
  DrawnAxes axes;
  told >> axes.x_low >> axes.x_high >> axes.y_low >> axes.y_high >> axes.left >> axes.right >>
      axes.bottom >> axes.top;
  if (!told) throw RunError("gnuplot has not told where the axes of a drawing are");
  axes.bottom = height - axes.bottom;
  axes.top = height - axes.top;
  return axes;
}

/// The last line of gnuplot's complaint says what is wrong; the ones above show where.
std::string complaint(const std::string& log) {
  std::string last;
  std::istringstream lines(file_bytes(log, kMaxTextBytes));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t start = line.find_first_not_of(" \t^");
    if (start != std::string::npos) last = line.substr(start);
  }
  return last.empty() ? "no message" : last;
}

}  // namespace

void require_gnuplot() { gnuplot(); }

std::vector<std::vector<Drawn>> draw(const std::vector<Plot>& plots) {
  const std::string program = gnuplot();
  std::vector<std::vector<Drawn>> drawings;
  if (plots.empty()) return drawings;
  const TemporaryFolder folder;
  const auto output = [&](std::size_t plot, std::size_t panel) {
    return folder.file(fmt::format("{}-{}.svg", plot, panel));
  };
  const auto axes = [&](std::size_t plot, std::size_t panel) {
    return folder.file(fmt::format("{}-{}.axes", plot, panel));
  };
  const auto drawn = [](const Plot& plot) { return std::max<std::size_t>(1, plot.panels.size()); };
  const std::string script = folder.file("plots.gp"), log = folder.file("gnuplot.log");
  {
    std::ofstream stream(script, std::ios::binary);
    for (std::size_t i = 0; i < plots.size(); ++i) {
      const Plot& plot = plots[i];
      for (std::size_t p = 0; p < drawn(plot); ++p) {
        stream << preamble(plot.width, plot.height, output(i, p))
               << (plot.panels.empty() ? plot.script : plot.panels[p].script)
               << tell_axes(axes(i, p));
      }
    }
    if (!stream.flush()) throw RunError(fmt::format("{}: cannot write", script));
  }
  int result = 0;
  JobCallbacks callbacks;
  callbacks.finished = [&](std::size_t, int status) { result = status; };
  // Without the user's own start-up file: the page must not depend on it.
  LocalProcesses(1).run({{{"--default-settings", script}, log, program}}, callbacks);
  if (stop_requested()) throw RunError("stopped before the page was complete");
  if (result != 0) throw RunError(fmt::format("gnuplot: {}", complaint(log)));
  for (std::size_t i = 0; i < plots.size(); ++i) {
    auto& own = drawings.emplace_back();
    for (std::size_t p = 0; p < drawn(plots[i]); ++p)
      own.push_back({stored_text(output(i, p)), told_axes(axes(i, p), plots[i].height)});
  }
  return drawings;
}

}  // namespace kirchhoff::report::html
