#include "report/html/page.h"

#include <fmt/format.h>

#include "report/html/gnuplot.h"
#include "report/html/stylesheet.h"
#include "report/html/svg.h"
#include "report/html/text.h"

namespace kirchhoff::report::html {
namespace {

/// Longer texts may take several lines; the others may not.
constexpr std::size_t kLongText = 36;

/// More rows than a printed page holds: such a table need not begin on a page of its own.
constexpr std::size_t kTallTable = 70;

/// So many panels take the whole width; fewer lie beside another figure.
constexpr std::size_t kWide = 4;

/// Numbers line up on the right, names on the left.
bool is_number(const Cell& cell) { return cell.value || cell.text == "–"; }

/// What opens on a click. It lies behind the element that opens and not in it, so that a style can
/// show it on paper in every browser.
std::string folded(const std::string& summary, const std::string& html) {
  return fmt::format(
      "<details class=\"fold\"><summary>{}</summary></details>\n<div class=\"folded\">{}</div>\n",
      escaped(summary), html);
}

std::string table_body(const Table& table) {
  std::string html = fmt::format("<div class=\"scroll\" tabindex=\"0\"><table{}><thead><tr>",
                                 table.rows.size() > kTallTable ? " class=\"tall\"" : "");
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const bool numbers = !table.rows.empty() && is_number(table.rows.front()[c]);
    html += fmt::format("<th scope=\"col\"{}>{}</th>", numbers ? " class=\"n\"" : "",
                        escaped(table.columns[c]));
  }
  html += "</tr></thead><tbody>\n";
  for (const auto& row : table.rows) {
    html += "<tr>";
    for (const Cell& cell : row) {
      const char* const kind = is_number(cell)                ? " class=\"n\""
                               : cell.text.size() > kLongText ? " class=\"long\""
                                                              : "";
      html += fmt::format("<td{}>{}</td>", kind, escaped(cell.text));
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

}  // namespace

void Page::section(const std::string& id, const std::string& title) {
  parts_.push_back(fmt::format("{}<section id=\"{}\"><h2>{}</h2>\n",
                               sections_.empty() ? "" : "</section>\n", id, escaped(title)));
  sections_.emplace_back(id, title);
}

void Page::heading(const std::string& text) {
  parts_.push_back(fmt::format("<h3>{}</h3>\n", escaped(text)));
}

void Page::paragraph(const std::string& text) {
  parts_.push_back(fmt::format("<p>{}</p>\n", escaped(text)));
}

void Page::code(const std::string& text, const std::string& summary) {
  const std::string block = fmt::format("<pre><code>{}</code></pre>\n", escaped(text));
  parts_.push_back(summary.empty() ? block : folded(summary, block));
}

void Page::table(const Table& table, bool fold) {
  std::string html;
  if (!table.rows.empty()) {
    html += table_body(table);
    html += fmt::format("<p class=\"links\">{}</p>\n",
                        csv_link(Csv::parse(table.csv(), table.name), table.name));
  }
  for (const std::string& note : table.notes) html += fmt::format("<p>{}</p>\n", escaped(note));
  parts_.push_back(fold ? folded(table.title, html)
                        : fmt::format("<h3>{}</h3>\n{}", escaped(table.title), html));
}

void Page::plots(std::vector<Plot> plots) {
  if (plots.empty()) return;
  parts_.emplace_back();
  groups_.push_back(std::move(plots));
}

std::string Page::figure(const Plot& plot, const std::vector<std::string>& drawings,
                         std::size_t number) const {
  const std::string id = fmt::format("plot{}", number);
  std::string shown;
  if (plot.panels.empty()) {
    shown = inline_svg(drawings.front(), plot.title, id);
  } else {
    const std::string behind = plot.behind.empty() ? "" : id + "-behind";
    if (!behind.empty()) {
      shown += fmt::format(
          "<svg width=\"0\" height=\"0\" aria-hidden=\"true\" style=\"position:absolute\"><defs><g "
          "id=\"{}\" class=\"behind\">{}</g></defs></svg>",
          behind, plot.behind);
    }
    shown += "<div class=\"panels\">\n";
    for (std::size_t i = 0; i < plot.panels.size(); ++i) {
      const Panel& panel = plot.panels[i];
      shown += fmt::format(
          "<div class=\"panel\"><h5>{}{}</h5>\n{}</div>\n", escaped(panel.title),
          panel.remark.empty() ? "" : fmt::format(" <small>{}</small>", escaped(panel.remark)),
          inline_svg(drawings[i], plot.title + ": " + panel.title, fmt::format("{}-{}", id, i + 1),
                     behind));
    }
    shown += "</div>\n";
  }
  return fmt::format(
      "<figure{}><h4>{}{}</h4>\n{}<figcaption>{} <span class=\"links\">{}</span>"
      "</figcaption></figure>\n",
      plot.panels.size() < kWide ? "" : " class=\"wide\"", escaped(plot.title),
      plot.axes.empty() ? "" : fmt::format(" <small>{}</small>", escaped(plot.axes)), shown,
      escaped(plot.caption), csv_link(plot.data, plot.name));
}

std::string Page::render() const {
  std::vector<Plot> all;
  for (const auto& group : groups_) all.insert(all.end(), group.begin(), group.end());
  const std::vector<std::vector<std::string>> drawings = draw(all);

  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>{0}</title>\n"
      "<style>\n{1}</style></head>\n<body>\n{2}<header><h1>{0}</h1>\n<nav aria-label=\"Sections\">",
      escaped(title_), stylesheet(), marker_shapes());
  for (const auto& [id, title] : sections_) {
    html += fmt::format("<a href=\"#{}\">{}</a> ", id, escaped(title));
  }
  if (!missing_.empty()) html += "<a href=\"#missing\">Not shown</a>";
  html += "</nav></header>\n<main>\n";
  std::size_t group = 0, plot = 0;
  for (const std::string& part : parts_) {
    if (!part.empty()) {
      html += part;
      continue;
    }
    html += "<div class=\"plots\">\n";
    for (const Plot& one : groups_[group]) {
      html += figure(one, drawings[plot], plot + 1);
      ++plot;
    }
    html += "</div>\n";
    ++group;
  }
  if (!sections_.empty()) html += "</section>\n";
  if (!missing_.empty()) {
    html += "<section id=\"missing\"><h2>Not shown</h2>\n<ul>\n";
    for (const std::string& line : missing_) html += fmt::format("<li>{}</li>\n", escaped(line));
    html += "</ul></section>\n";
  }
  return html + "</main>\n</body></html>\n";
}

}  // namespace kirchhoff::report::html
