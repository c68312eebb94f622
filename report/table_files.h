#pragma once

#include <string>
#include <vector>

#include "report/table.h"

namespace kirchhoff::report {

/// Writes each table as NAME.md and NAME.csv into a folder, which is made. RunError when it cannot
/// be.
void write_tables(const std::string& folder, const std::vector<Table>& tables);

}  // namespace kirchhoff::report
