#include "report/html/compact_svg.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace kirchhoff::report::html {
namespace {

using Text = std::string_view;

bool begins_with(Text text, Text begin) { return text.substr(0, begin.size()) == begin; }

bool is_blank(Text text) { return text.find_first_not_of(" \t\n") == Text::npos; }

/// What is between `begin` and `end` in a tag; empty when that is not there.
Text between(Text tag, Text begin, Text end) {
  const std::size_t at = tag.find(begin);
  if (at == Text::npos) return {};
  const std::size_t from = at + begin.size(), to = tag.find(end, from);
  return to == Text::npos ? Text() : tag.substr(from, to - from);
}

/// A filled circle or square as gnuplot draws it: a shape that is moved, scaled and coloured.
struct Marker {
  bool known = false, square = false;
  Text x, y, scale, colour;

  explicit Marker(Text tag) {
    if (!begins_with(tag, "<use ")) return;
    const Text shape = between(tag, "href='#", "'"), place = between(tag, "translate(", ")");
    const std::size_t comma = place.find(',');
    scale = between(tag, "scale(", ")");
    colour = between(tag, "color='", "'");
    square = shape == "gpPt4";
    known = (square || shape == "gpPt6") && comma != Text::npos && !scale.empty();
    if (!known) return;
    x = place.substr(0, comma);
    y = place.substr(comma + 1);
  }
  bool looks_like(const Marker& other) const {
    return square == other.square && scale == other.scale && colour == other.colour;
  }
};

double number(Text text) { return std::stod(std::string(text)); }

/// Lines as thick as they are long, or, with round ends, of no length.
std::string markers_path(const std::vector<Marker>& markers) {
  const Marker& look = markers.front();
  const double size = 2.0 * number(look.scale);
  std::string lines;
  for (const Marker& one : markers) {
    lines += one.square ? fmt::format("M{:.6g},{}h{:g}", number(one.x) - 0.5 * size, one.y, size)
                        : fmt::format("M{},{}h0", one.x, one.y);
  }
  return fmt::format("<path stroke='{}' stroke-width='{:g}'{} d='{}'/>", look.colour, size,
                     look.square ? "" : " stroke-linecap='round'", lines);
}

bool draws_nothing(Text tag) {
  if (!begins_with(tag, "<path ")) return false;
  const Text d = between(tag, " d='", "'");
  return begins_with(d, "M") && d.find_first_not_of("M0123456789.,- ") == Text::npos;
}

class Compactor {
 public:
  void take_tag(Text tag) {
    const Marker marker(tag);
    if (marker.known) {
      if (markers_.empty() || !markers_.back().looks_like(marker)) flush();
      markers_.push_back(marker);
      return;
    }
    flush();
    if (draws_nothing(tag)) return;
    if (begins_with(tag, "<text")) in_text_ = true;
    if (tag == "</text>") in_text_ = false;
    if (tag == "</g>") {
      close_group();
      return;
    }
    if (begins_with(tag, "<g>") || begins_with(tag, "<g ")) {
      const Text attributes = tag.substr(2, tag.size() - 3);
      groups_.push_back(!is_blank(attributes));
      if (!groups_.back()) return;
    }
    written_.emplace_back(tag);
  }
  void take_text(Text text) {
    if (!in_text_ && is_blank(text)) return;
    flush();
    written_.emplace_back(text);
  }
  std::string result() {
    flush();
    std::string all;
    for (const std::string& one : written_) all += one;
    return all;
  }

 private:
  void close_group() {
    const bool kept = groups_.empty() || groups_.back();
    if (!groups_.empty()) groups_.pop_back();
    if (!kept) return;
    if (!written_.empty() && begins_with(written_.back(), "<g ")) {
      written_.pop_back();
    } else {
      written_.emplace_back("</g>");
    }
  }
  void flush() {
    if (markers_.empty()) return;
    written_.push_back(markers_path(markers_));
    markers_.clear();
  }

  std::vector<std::string> written_;
  std::vector<bool> groups_;  ///< that are open: whether they are written
  std::vector<Marker> markers_;
  bool in_text_ = false;  ///< where blanks are letters
};

}  // namespace

std::string compact_svg(const std::string& svg) {
  Compactor compactor;
  for (std::size_t at = 0; at < svg.size();) {
    const bool tag = svg[at] == '<';
    std::size_t end = tag ? svg.find('>', at) : svg.find('<', at);
    end = end == std::string::npos ? svg.size() : end + (tag ? 1 : 0);
    const Text part = Text(svg).substr(at, end - at);
    if (tag) {
      compactor.take_tag(part);
    } else {
      compactor.take_text(part);
    }
    at = end;
  }
  return compactor.result();
}

}  // namespace kirchhoff::report::html
