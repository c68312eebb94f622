#include "quant/import/windows.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/quote.h"
#include "quant/network/network.h"

namespace kirchhoff::quant {
namespace {

using Numbers = std::vector<std::int64_t>;

std::string shown(const Numbers& numbers) { return fmt::format("[{}]", fmt::join(numbers, ", ")); }

/// `count` integers in [low, kMaxSide].
void check_sides(const OnnxNode& node, const char* attribute, const Numbers& found,
                 std::size_t count, int low) {
  const bool fit = std::all_of(found.begin(), found.end(),
                               [&](std::int64_t side) { return side >= low && side <= kMaxSide; });
  if (fit && found.size() == count) return;
  node.refuse_attribute(attribute, shown(found),
                        fmt::format("{} integers in [{}, {}]", count, low, kMaxSide));
}

Extent extent_of(const Numbers& sides) {
  const auto side = [&](std::size_t i) { return static_cast<int>(sides[i]); };
  return sides.size() == 1 ? Extent(1, side(0)) : Extent(side(0), side(1));
}

/// As many windows as the stride fits into the map: SAME_UPPER puts the odd zero behind the map,
/// SAME_LOWER before it.
void pad_same(int map, int span, int stride, bool upper, int& before, int& after) {
  const int windows = (map + stride - 1) / stride;
  const int zeros = std::max(0, (windows - 1) * stride + span - map);
  before = upper ? zeros / 2 : zeros - zeros / 2;
  after = zeros - before;
}

}  // namespace

void check_windowed(const OnnxNode& node, const ImportedMap& map) {
  if (map.dims.size() == 3 || map.dims.size() == 4) return;
  node.refuse_input(0, to_string(map.dims), "1xCxHxW or 1xCxL");
}

Extent kernel_of(const OnnxNode& node, const char* attribute, const Numbers& sides,
                 std::size_t rank) {
  check_sides(node, attribute, sides, rank - 2, 1);
  return extent_of(sides);
}

Sweep read_windows(const OnnxNode& node, const ImportedMap& map, const Shape& shape,
                   const Extent& kernel) {
  const std::size_t axes = map.dims.size() - 2;
  Sweep sweep;
  sweep.kernel = kernel;
  for (const auto& [attribute, extent] :
       {std::pair{"strides", &Sweep::stride}, std::pair{"dilations", &Sweep::dilation}}) {
    const Numbers sides = node.integers(attribute, Numbers(axes, 1));
    check_sides(node, attribute, sides, axes, 1);
    sweep.*extent = extent_of(sides);
  }
  const Numbers pads = node.integers("pads", Numbers(2 * axes, 0));
  check_sides(node, "pads", pads, 2 * axes, 0);
  const Extent before = extent_of({pads.begin(), pads.begin() + static_cast<int>(axes)});
  const Extent after = extent_of({pads.begin() + static_cast<int>(axes), pads.end()});
  sweep.padding = {axes == 1 ? 0 : before.height, before.width, axes == 1 ? 0 : after.height,
                   after.width};

  const std::string automatic = node.text("auto_pad", "NOTSET");
  if (automatic == "NOTSET") return sweep;
  if (sweep.padding != Padding(0))
    node.refuse_attribute("pads", shown(pads), "left out where auto_pad says them");
  if (automatic == "VALID") return sweep;
  if (automatic != "SAME_UPPER" && automatic != "SAME_LOWER") {
    node.refuse_attribute("auto_pad", quote(automatic), "NOTSET, VALID, SAME_UPPER or SAME_LOWER");
  }
  const bool upper = automatic == "SAME_UPPER";
  pad_same(shape.height + map.zeros.rows(), sweep.span().height, sweep.stride.height, upper,
           sweep.padding.top, sweep.padding.bottom);
  pad_same(shape.width + map.zeros.columns(), sweep.span().width, sweep.stride.width, upper,
           sweep.padding.left, sweep.padding.right);
  return sweep;
}

Padding joined(const Padding& a, const Padding& b) {
  return {a.top + b.top, a.left + b.left, a.bottom + b.bottom, a.right + b.right};
}

}  // namespace kirchhoff::quant
