#pragma once

#include <nlohmann/json.hpp>

#include "sim/json_node.h"
#include "sim/ledger.h"
#include "sim/report.h"

namespace kirchhoff::sim {

/// The parts of a report as JSON, and back. Each part is described once, in report_json.cpp; what
/// follows from other numbers of the part is written and not read.
/// Of the whole run: its images, times, totals and mesh; not its layers.
nlohmann::ordered_json to_json(const CostReport& report, double area_chip_um2);
nlohmann::ordered_json to_json(const LayerReport& layer, const Ledger& ledger, double run_ns);
nlohmann::ordered_json to_json(const UnusedReport& unused);
nlohmann::ordered_json to_json(const ProgrammingCost& programming);
nlohmann::ordered_json to_json(const RewritingReport& rewriting);
nlohmann::ordered_json to_json(const CostTotals& totals);

/// Without layers and unused hardware.
CostReport run_from(const JsonNode& node);
LayerReport layer_from(const JsonNode& node);
UnusedReport unused_from(const JsonNode& node);
RewritingReport rewriting_from(const JsonNode& node);
CostTotals totals_from(const JsonNode& node);

}  // namespace kirchhoff::sim
