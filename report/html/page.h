#pragma once

#include <string>
#include <utility>
#include <vector>

#include "report/html/gnuplot.h"
#include "report/html/plot.h"
#include "report/table.h"

namespace kirchhoff::report::html {

/// A page of sections that needs nothing but itself. Everything is there without scripts; one of
/// its own sorts tables, reads out plots and moves sliders (page.js).
class Page {
 public:
  explicit Page(std::string title) : title_(std::move(title)) {}

  /// What follows belongs to it, and the navigation leads there.
  void section(const std::string& id, const std::string& title);
  void heading(const std::string& text);
  void paragraph(const std::string& text);
  /// Under a summary it is folded.
  void code(const std::string& text, const std::string& summary = "");
  /// With its title, notes and a link to its CSV. A folded one opens on a click, and on paper.
  void table(const Table& table, bool fold = false);
  /// Where searches are after some of their episodes, as the rows of a table: their names, and a
  /// column for each of `curves`, names of plots with the columns method, episode and mean. The
  /// table is of the last episode; a slider moves it.
  void progress(const Table& table, const std::vector<std::string>& curves, std::size_t episodes);
  /// Side by side where there is room.
  void plots(std::vector<Plot> plots);
  /// A line at the end of the page: what it does not show and what that would need.
  void missing(const std::string& text) { missing_.push_back(text); }

  /// Draws the plots and writes the page. RunError when gnuplot is missing or fails.
  std::string render() const;

 private:
  std::string figure(const Plot& plot, const std::vector<Drawn>& drawings,
                     std::size_t number) const;

  const std::string title_;
  std::vector<std::pair<std::string, std::string>> sections_;
  std::vector<std::string> parts_;  ///< an empty one: the next group of plots
  std::vector<std::vector<Plot>> groups_;
  std::vector<std::string> missing_;
};

}  // namespace kirchhoff::report::html
