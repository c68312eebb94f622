#pragma once

#include <nlohmann/json.hpp>

#include "sim/json_node.h"
#include "sim/ledger.h"
#include "sim/report.h"

namespace kirchhoff::sim {

/// The parts of a report as JSON, and back. Each part is described once, in report_json.cpp; what
/// follows from other numbers of the part is written and not read.
nlohmann::ordered_json to_json(const LayerReport& layer, const Ledger& ledger, double run_ns);
nlohmann::ordered_json to_json(const UnusedReport& unused);
nlohmann::ordered_json to_json(const ProgrammingCost& programming);
nlohmann::ordered_json to_json(const CostTotals& totals);

LayerReport layer_from(const JsonNode& node);
UnusedReport unused_from(const JsonNode& node);
CostTotals totals_from(const JsonNode& node);

}  // namespace kirchhoff::sim
