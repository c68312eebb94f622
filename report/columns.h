#pragma once

#include <string>

#include "report/csv.h"

namespace kirchhoff::report {

/// What a search or comparison can have written under a name ("cost_ratio", "best_episode",
/// "wall_s"), whatever table or JSON file it stands in: empty when `text` is that, else the rule
/// that it breaks. An empty text means that there was nothing to write; names that have no rule
/// take every text.
std::string broken_rule(const std::string& name, const std::string& text);

/// Applies the rules to every cell; InputError "WHERE:LINE: NAME = TEXT: rule".
void check_cells(const Csv& csv, const std::string& where);

}  // namespace kirchhoff::report
