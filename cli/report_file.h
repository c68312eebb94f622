#pragma once

#include <string>

#include "sim/explain.h"

namespace kirchhoff::cli {

/// Reads a report that `kirchhoff simulate --json FILE` wrote, with the numbers that it prints.
/// InputError naming file and key when it is missing, broken or not such a report.
sim::ExplainedReport read_report(const std::string& path);

}  // namespace kirchhoff::cli
