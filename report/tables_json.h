#pragma once

#include <string>
#include <vector>

#include "report/table.h"

namespace kirchhoff::report {

/// Tables as one JSON document: `tables`, by name, each with its `title`, `rows` and `notes`. A row
/// is an object by column, with the numbers in full, NAME_se beside a column with standard errors
/// as in its CSV file, and null where there is nothing.
std::string tables_json(const std::vector<Table>& tables);

}  // namespace kirchhoff::report
