#include "quant/network/shape.h"

#include <fmt/core.h>

namespace kirchhoff::quant {
namespace {

int positions_along(int map, int before, int after, int span, int stride, bool up) {
  const int room = map + before + after - span;
  if (room < 0) return 0;
  int count = room / stride + 1;
  // A window that would begin in the padding behind the map has nothing to look at.
  if (up && room % stride != 0 && count * stride < map + before) ++count;
  return count;
}

}  // namespace

std::string Shape::to_string() const { return fmt::format("{}x{}x{}", channels, height, width); }

Extent Sweep::positions(int height, int width, bool up) const {
  return {positions_along(height, padding.top, padding.bottom, span().height, stride.height, up),
          positions_along(width, padding.left, padding.right, span().width, stride.width, up)};
}

}  // namespace kirchhoff::quant
