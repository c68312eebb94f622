#pragma once

#include <string>
#include <vector>

namespace kirchhoff::report {

/// Prints the tables of these folders as Markdown and writes them, and the data of the figures, to
/// the folder `out`, and the tables to the file `json`; nowhere, where that is empty. A sweep has
/// tables of its own and stands alone. InputError when a folder does not suit.
void print_report(const std::vector<std::string>& folders, const std::string& out,
                  const std::string& json);

}  // namespace kirchhoff::report
