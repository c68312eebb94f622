#include "report/html/compact_svg.h"

#include <gtest/gtest.h>

namespace kirchhoff::report::html {
namespace {

std::string dot(const char* shape, const char* place, const char* colour = "c") {
  return std::string("<use href='#") + shape + "' transform='translate(" + place +
         ") scale(2.1)' color='" + colour + "'/>\n";
}

TEST(CompactSvg, LeavesOutWhatSaysNothing) {
  EXPECT_EQ(compact_svg("<g a='b'>\n<g>\n<path d='M1,2 L3,4'/></g>\n<g c='d'>\n</g>\n</g>\n</svg>"),
            "<g a='b'><path d='M1,2 L3,4'/></g></svg>");
  EXPECT_EQ(compact_svg("<g ><path stroke='x' d='M1.5,-2'/>\t<path d='M1,2 M3,4z'/></g>"),
            "<path d='M1,2 M3,4z'/>");
}

TEST(CompactSvg, KeepsEveryLetter) {
  const std::string text = "<text> <tspan>a &lt; b\nc</tspan> </text>";
  EXPECT_EQ(compact_svg("<g>\n" + text + "\n</g>"), text);
}

TEST(CompactSvg, EqualMarkersAreOnePath) {
  EXPECT_EQ(
      compact_svg(dot("gpPt6", "1,2") + dot("gpPt6", "3,4.5") + "<rect/>"),
      "<path stroke='c' stroke-width='4.2' stroke-linecap='round' d='M1,2h0M3,4.5h0'/><rect/>");
  // A square is as long as it is thick.
  EXPECT_EQ(compact_svg(dot("gpPt4", "3,2")),
            "<path stroke='c' stroke-width='4.2' d='M0.9,2h4.2'/>");
}

TEST(CompactSvg, OtherMarkersAndTheirOrderStay) {
  const std::string hollow = "<use href='#gpPt5' transform='translate(1,2) scale(2.1)' color='c'/>";
  EXPECT_EQ(compact_svg(hollow), hollow);
  const std::string mixed =
      compact_svg(dot("gpPt6", "1,2") + dot("gpPt6", "1,2", "d") + dot("gpPt6", "1,2"));
  EXPECT_LT(mixed.find("stroke='c'"), mixed.find("stroke='d'"));
  EXPECT_LT(mixed.find("stroke='d'"), mixed.rfind("stroke='c'"));
}

}  // namespace
}  // namespace kirchhoff::report::html
