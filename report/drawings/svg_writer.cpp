#include "report/drawings/svg_writer.h"

#include <fmt/format.h>

#include "report/html/text.h"

namespace kirchhoff::report {

using html::escaped;

SvgWriter::SvgWriter(int width, int height, const std::string& title)
    : head_(fmt::format(
          "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
          "height=\"{1}\" role=\"img\" font-family=\"sans-serif\">\n<title>{2}</title>\n"
          "<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" "
          "markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#333\"/></marker>"
          "</defs>\n<rect width=\"{0}\" height=\"{1}\" fill=\"#fff\"/>\n",
          width, height, escaped(title))) {}

void SvgWriter::box(int x, int y, int width, int height, const std::string& fill, double opacity,
                    const std::string& tip) {
  const std::string share = opacity < 1 ? fmt::format(" fill-opacity=\"{:g}\"", opacity) : "";
  const std::string shape = fmt::format(
      "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\"{} stroke=\"#333\"", x, y,
      width, height, fill, share);
  body_ += tip.empty() ? shape + "/>\n"
                       : fmt::format("{}><title>{}</title></rect>\n", shape, escaped(tip));
}

void SvgWriter::line(int from_x, int from_y, int to_x, int to_y, bool arrow) {
  body_ += fmt::format("<path d=\"M{} {}L{} {}\" stroke=\"#333\" stroke-width=\"1.2\"{}/>\n",
                       from_x, from_y, to_x, to_y, arrow ? " marker-end=\"url(#arrow)\"" : "");
}

void SvgWriter::text(int x, int y, const std::string& words, const TextStyle& style) {
  body_ +=
      fmt::format("<text x=\"{}\" y=\"{}\" font-size=\"{}\"{}{} fill=\"#222\">{}</text>\n", x, y,
                  style.size, style.bold ? " font-weight=\"bold\"" : "",
                  style.anchor == Anchor::kMiddle ? " text-anchor=\"middle\"" : "", escaped(words));
}

}  // namespace kirchhoff::report
