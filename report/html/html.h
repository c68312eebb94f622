#pragma once

#include <string>
#include <vector>

#include "report/html/recorded_run.h"

namespace kirchhoff::report::html {

/// Writes one HTML file with everything that these searches, comparisons, sweeps and reports of
/// `simulate --json` hold. Each of `arguments` is a folder or such a report. InputError when one is
/// neither; RunError when gnuplot is missing or fails. The file appears whole or not at all.
void write_page(const std::vector<std::string>& arguments,
                const std::vector<std::string>& cost_tables, const UsualSettings& usual,
                const std::string& out);

}  // namespace kirchhoff::report::html
