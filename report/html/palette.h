#pragma once

#include <array>

namespace kirchhoff::report::html {

/// A colour that gnuplot draws with and what stands for it on a page in either scheme.
struct Colour {
  const char* drawn;
  const char* light;
  const char* dark;
};

/// After Okabe and Ito, which people with any colour blindness can tell apart; the lightest are a
/// little darker on white, the darkest a little lighter on black, to stand out at 3:1 at least.
inline constexpr std::array<Colour, 7> kPalette = {{{"#0072b2", "#0072b2", "#4ba3dd"},
                                                    {"#d55e00", "#d55e00", "#f0833a"},
                                                    {"#009e73", "#00845f", "#2cc295"},
                                                    {"#cc79a7", "#bc6296", "#dd93bc"},
                                                    {"#e69f00", "#b87f00", "#e6a91c"},
                                                    {"#56b4e9", "#3a93c6", "#8ccbf2"},
                                                    {"#767676", "#6b6b6b", "#a0a0a0"}}};

/// Marks in the background.
inline constexpr const char* kPaleDrawn = "#b4b4b4";
/// Lines behind everything else.
inline constexpr const char* kGridDrawn = "#c8c8c8";

}  // namespace kirchhoff::report::html
