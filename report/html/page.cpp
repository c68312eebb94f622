#include "report/html/page.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/html/marks.h"
#include "report/html/script.h"
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

/// `title` is for those who cannot see what stands above it.
std::string table_body(const Table& table, const std::string& title) {
  std::string html = fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{0}\"><table{1}>"
      "<caption class=\"unseen\">{0}</caption><thead><tr>",
      escaped(title), table.rows.size() > kTallTable ? " class=\"tall\"" : "");
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
      const bool names_row = &cell == &row.front();
      html += fmt::format("<{0}{1}>{2}</{3}>", names_row ? "th scope=\"row\"" : "td", kind,
                          escaped(cell.text), names_row ? "th" : "td");
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string table_link(const Table& table) {
  return fmt::format("<p class=\"links\">{}</p>\n",
                     csv_link(Csv::parse(table.csv(), table.name), table.name));
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
    html += table_body(table, table.title) + table_link(table);
  }
  for (const std::string& note : table.notes) html += fmt::format("<p>{}</p>\n", escaped(note));
  parts_.push_back(fold ? folded(table.title, html)
                        : fmt::format("<h3>{}</h3>\n{}", escaped(table.title), html));
}

void Page::progress(const Table& table, const std::vector<std::string>& curves,
                    std::size_t episodes) {
  parts_.push_back(fmt::format(
      "<div class=\"progress\" data-curves=\"{}\" data-episodes=\"{}\">"
      "<h4>{} after <span class=\"at\">{}</span> episodes</h4>\n{}{}",
      escaped(fmt::format("{}", fmt::join(curves, " "))), episodes, escaped(table.title), episodes,
      table_body(table, table.title), table_link(table)));
  for (const std::string& note : table.notes)
    parts_.back() += fmt::format("<p>{}</p>\n", escaped(note));
  parts_.back() += "</div>\n";
}

void Page::plots(std::vector<Plot> plots) {
  if (plots.empty()) return;
  parts_.emplace_back();
  groups_.push_back(std::move(plots));
}

std::string Page::figure(const Plot& plot, const std::vector<Drawn>& drawings,
                         std::size_t number) const {
  const std::string id = fmt::format("plot{}", number);
  std::string shown;
  SvgLabels labels{plot.title,
                   fmt::format("{}; the numbers are in {}.csv", plot.spoken_axes, plot.name), id,
                   "", ""};
  if (plot.panels.empty()) {
    labels.attributes = marks_attributes(plot, 0, drawings.front().axes);
    shown = inline_svg(drawings.front().svg, labels);
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
      labels.title = plot.title + ": " + panel.title;
      labels.id = fmt::format("{}-{}", id, i + 1);
      labels.behind = behind;
      labels.attributes = marks_attributes(plot, i, drawings[i].axes);
      shown += fmt::format(
          "<div class=\"panel\"><h5>{}{}</h5>\n{}</div>\n", escaped(panel.title),
          panel.remark.empty() ? "" : fmt::format(" <small>{}</small>", escaped(panel.remark)),
          inline_svg(drawings[i].svg, labels));
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
  const std::vector<std::vector<Drawn>> drawings = draw(all);

  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      // Whatever a page should hold by mistake: nothing comes from elsewhere, nothing goes there.
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; "
      "form-action 'none'\">\n<title>{0}</title>\n"
      "<style>\n{1}</style>\n<script>\n{2}</script></head>\n<body>\n"
      "<a class=\"skip\" href=\"#results\">Skip to the results</a>\n{3}"
      "<header><h1>{0}</h1>\n<nav aria-label=\"Sections\">",
      escaped(title_), stylesheet(), script(), marker_shapes());
  for (const auto& [id, title] : sections_) {
    html += fmt::format("<a href=\"#{}\">{}</a> ", id, escaped(title));
  }
  if (!missing_.empty()) html += "<a href=\"#missing\">Not shown</a>";
  html += "</nav></header>\n<main id=\"results\" tabindex=\"-1\">\n";
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
