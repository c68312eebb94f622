#pragma once

#include <cstddef>
#include <string>

#include "sim/explain.h"

namespace kirchhoff::report {

/// Longest report: one of a large network with the times of every window has 100 MB.
inline constexpr std::size_t kMaxReportBytes = std::size_t{1} << 30;

/// Reads a report that `kirchhoff simulate --json FILE` wrote, with the numbers that it prints.
/// InputError naming file and key when it is missing, broken or not such a report.
sim::ExplainedReport read_report(const std::string& path);

}  // namespace kirchhoff::report
