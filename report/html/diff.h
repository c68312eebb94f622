#pragma once

#include <string>
#include <vector>

#include "report/html/recorded_run.h"

namespace kirchhoff::report::html {

/// Puts two policies of one network beside each other: their costs, bits and costs per layer, and
/// chips. `two`: folders of searches or comparisons, of which the policy counts that the page's
/// hardware section shows, or reports of `simulate --json`. Prints tables, or writes a page to
/// `page` where that is not empty; writes the tables to `json`, likewise. InputError when there are
/// not two, or not of one network.
void write_diff(const std::vector<std::string>& two, const UsualSettings& usual,
                const std::string& page, const std::string& json);

}  // namespace kirchhoff::report::html
