#pragma once

#include "cli/report/html/sections.h"

namespace kirchhoff::cli::html {

/// Every policy of a study whose accuracy was measured, their Pareto front, and the answers.
Plot pareto_plot(const PageContents& contents, const Study& study);

}  // namespace kirchhoff::cli::html
