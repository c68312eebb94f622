#include "report/html/svg.h"

#include <cmath>
#include <cstdio>
#include <regex>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "report/html/compact_svg.h"
#include "report/html/palette.h"
#include "report/html/text.h"

namespace kirchhoff::report::html {
namespace {

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  std::size_t at = 0;
  while ((at = text.find(from, at)) != std::string::npos) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
}

/// Cuts everything from `begin` to `end`, both included, as often as it is there.
void cut_all(std::string& text, const std::string& begin, const std::string& end) {
  std::size_t at = 0;
  while ((at = text.find(begin, at)) != std::string::npos) {
    const std::size_t stop = text.find(end, at + begin.size());
    if (stop == std::string::npos) return;
    text.erase(at, stop + end.size() - at);
  }
}

/// As gnuplot spells "#0072b2": "rgb(  0, 114, 178)".
std::string rgb(const std::string& hex) {
  const auto channel = [&](std::size_t at) { return std::stoi(hex.substr(at, 2), nullptr, 16); };
  return fmt::format("rgb({:3}, {:3}, {:3})", channel(1), channel(3), channel(5));
}

/// Coordinates with more than one decimal, to what a screen can show. What is between the tags is
/// for people and stays.
std::string shorter_numbers(const std::string& text) {
  std::string result;
  std::size_t i = 0;
  const auto digit = [&](std::size_t at) {
    return at < text.size() && text[at] >= '0' && text[at] <= '9';
  };
  bool tag = false;
  while (i < text.size()) {
    if (!tag || !digit(i)) {
      if (text[i] == '<' || text[i] == '>') tag = text[i] == '<';
      result += text[i++];
      continue;
    }
    std::size_t end = i;
    while (digit(end)) ++end;
    if (end < text.size() && text[end] == '.' && digit(end + 1) && digit(end + 2)) {
      ++end;
      while (digit(end)) ++end;
      const double value = std::stod(text.substr(i, end - i));
      result += fmt::format(
          "{}", value < 1.0 ? std::round(value * 100) / 100 : std::round(value * 10) / 10);
    } else {
      result += text.substr(i, end - i);
    }
    i = end;
  }
  return result;
}

}  // namespace

std::string inline_svg(const std::string& file, const SvgLabels& labels) {
  static const std::regex kViewBox("viewBox=\"([0-9. ]+)\"");
  std::smatch view;
  const std::size_t begin = file.find("<svg"), body = file.find("</defs>");
  if (begin == std::string::npos || body == std::string::npos ||
      !std::regex_search(file, view, kViewBox)) {
    throw RunError("gnuplot has not written an SVG drawing");
  }
  std::string svg = file.substr(body + 7);
  cut_all(svg, "<title>", "</title>");
  cut_all(svg, "<filter", "</filter>");
  cut_all(svg, " id=\"", "\"");
  cut_all(svg, " font-family=\"", "\"");
  for (const char* attribute : {" stroke-linecap=\"butt\"", " stroke-linejoin=\"miter\"",
                                " fill=\"none\" color=\"white\"", " stroke-width=\"1.00\""}) {
    replace_all(svg, attribute, "");
  }
  replace_all(svg, "xlink:href", "href");
  replace_all(svg, "<text> ", "<text>");
  for (std::size_t i = 0; i < kPalette.size(); ++i) {
    replace_all(svg, rgb(kPalette[i].drawn), fmt::format("var(--c{})", i));
  }
  replace_all(svg, rgb(kGridDrawn), "var(--grid)");
  replace_all(svg, rgb(kPaleDrawn), "var(--pale)");
  replace_all(svg, "\"black\"", "\"currentColor\"");
  replace_all(svg, "'black'", "'currentColor'");
  replace_all(svg, " color=\"currentColor\"", "");
  replace_all(svg, " color=\"gray\"", "");
  replace_all(svg, "rgb(  0,   0,   0)", "currentColor");
  svg = std::regex_replace(svg, std::regex("\\s*\n\\s*"), "\n");
  svg = std::regex_replace(svg, std::regex("  +"), " ");
  replace_all(svg, " = '", "='");
  replace_all(svg, " '", "'");
  // What the group around all says, and what the style sheet does.
  replace_all(svg, " fill=\"none\" stroke=\"currentColor\"", "");
  replace_all(svg, " stroke=\"none\" fill=\"currentColor\"", " class=\"t\"");
  replace_all(svg, "stroke='var(--grid)' stroke-dasharray", "stroke-dasharray");
  replace_all(svg, "<g>\n<path stroke='currentColor' ", "<g>\n<path ");
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"{0}\" role=\"img\" "
      "aria-labelledby=\"{1}\" aria-describedby=\"{1}-d\"{2}><title id=\"{1}\">{3}</title>"
      "<desc id=\"{1}-d\">{4}</desc>{5}{6}",
      view[1].str(), labels.id, labels.attributes, escaped(labels.title),
      escaped(labels.description),
      labels.behind.empty() ? "" : fmt::format("<use href=\"#{}\"/>", labels.behind),
      compact_svg("<g fill=\"none\" stroke=\"currentColor\">" + shorter_numbers(svg)));
}

std::string marker_shapes() {
  // Those of gnuplot's SVG terminal, by its names for them.
  return R"(<svg width="0" height="0" aria-hidden="true" style="position:absolute"><defs>
<circle id="gpDot" r="0.5" stroke-width="0.5" stroke="currentColor"/>
<path id="gpPt0" stroke-width="0.3" stroke="currentColor" d="M-1,0 h2 M0,-1 v2"/>
<path id="gpPt1" stroke-width="0.3" stroke="currentColor" d="M-1,-1 L1,1 M1,-1 L-1,1"/>
<path id="gpPt2" stroke-width="0.3" stroke="currentColor" d="M-1,0 L1,0 M0,-1 L0,1 M-1,-1 L1,1 M-1,1 L1,-1"/>
<rect id="gpPt3" stroke-width="0.3" stroke="currentColor" x="-1" y="-1" width="2" height="2"/>
<rect id="gpPt4" stroke="none" fill="currentColor" x="-1" y="-1" width="2" height="2"/>
<circle id="gpPt5" stroke-width="0.3" stroke="currentColor" r="1"/>
<circle id="gpPt6" stroke="none" fill="currentColor" r="1"/>
<path id="gpPt7" stroke-width="0.3" stroke="currentColor" d="M0,-1.33 L-1.33,0.67 L1.33,0.67 z"/>
<path id="gpPt8" stroke="none" fill="currentColor" d="M0,-1.33 L-1.33,0.67 L1.33,0.67 z"/>
<path id="gpPt9" stroke-width="0.3" stroke="currentColor" d="M0,1.33 L-1.33,-0.67 L1.33,-0.67 z"/>
<path id="gpPt10" stroke="none" fill="currentColor" d="M0,1.33 L-1.33,-0.67 L1.33,-0.67 z"/>
<path id="gpPt11" stroke-width="0.3" stroke="currentColor" d="M0,-1.41 L1.41,0 L0,1.41 L-1.41,0 z"/>
<path id="gpPt12" stroke="none" fill="currentColor" d="M0,-1.41 L1.41,0 L0,1.41 L-1.41,0 z"/>
<path id="gpPt13" stroke-width="0.3" stroke="currentColor" d="M0,-1.33 L1.265,-0.411 L0.782,1.067 L-0.782,1.076 L-1.265,-0.411 z"/>
<path id="gpPt14" stroke="none" fill="currentColor" d="M0,-1.33 L1.265,-0.411 L0.782,1.067 L-0.782,1.076 L-1.265,-0.411 z"/>
</defs></svg>
)";
}

}  // namespace kirchhoff::report::html
