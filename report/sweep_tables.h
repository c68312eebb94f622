#pragma once

#include <string>
#include <vector>

#include "report/sweep.h"
#include "report/table.h"

namespace kirchhoff::report {

/// Points that no other one beats, cheapest first.
Table sweep_front_table(const Sweep& sweep);
/// For every value of an axis the best that points with it reach, in each objective by itself.
Table sweep_axis_table(const Sweep& sweep);
/// Points that no chip or mapping exists for, or that failed, and why; those of one reason
/// together.
Table sweep_refused_table(const Sweep& sweep);

/// Prints the tables of a sweep as Markdown, and writes them beside its points: to the folder
/// `out`, and as JSON to the file `json`; nowhere, where that is empty.
void print_sweep(const Sweep& sweep, const std::string& out, const std::string& json);

}  // namespace kirchhoff::report
