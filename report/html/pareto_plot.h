#pragma once

#include "report/html/sections.h"

namespace kirchhoff::report::html {

/// Every policy of a study whose accuracy was measured, their Pareto front, and the answers.
Plot pareto_plot(const PageContents& contents, const Study& study);

}  // namespace kirchhoff::report::html
