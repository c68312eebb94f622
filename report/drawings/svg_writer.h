#pragma once

#include <string>

namespace kirchhoff::report {

/// A drawing by itself, as SVG: dark lines on white, in units of a pixel, x to the right and y
/// down. The same calls give the same bytes.
class SvgWriter {
 public:
  /// `title` names the drawing for people who cannot see it.
  SvgWriter(int width, int height, const std::string& title);

  enum class Anchor { kStart, kMiddle };
  struct TextStyle {
    int size = 12;
    bool bold = false;
    Anchor anchor = Anchor::kMiddle;
  };
  /// `fill` is a colour of SVG, `opacity` of it alone in [0, 1]; `tip` is shown where the pointer
  /// rests, empty for nothing.
  void box(int x, int y, int width, int height, const std::string& fill, double opacity = 1,
           const std::string& tip = "");
  void line(int from_x, int from_y, int to_x, int to_y, bool arrow = false);
  /// On the base line `y`.
  void text(int x, int y, const std::string& text, const TextStyle& style);
  void text(int x, int y, const std::string& words) { text(x, y, words, TextStyle()); }

  /// The file.
  std::string finish() const { return head_ + body_ + "</svg>\n"; }

 private:
  std::string head_, body_;
};

}  // namespace kirchhoff::report
