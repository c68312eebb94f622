#pragma once

#include <vector>

#include "report/html/sections.h"

namespace kirchhoff::report::html {

/// Accuracy lost against cost: the answers of a study with their Pareto front over all that its
/// searches measured; and the answers method by method. Losses are against W8A8 on the same images.
std::vector<Plot> pareto_plots(const PageContents& contents, const Study& study);

}  // namespace kirchhoff::report::html
