#pragma once

#include <string>
#include <vector>

#include "report/html/sections.h"

namespace kirchhoff::report::html {

/// The group whose best policy the hardware section shows, the most accurate one at the smallest
/// threshold with any; null when the study has no policy.
const Group* shown_group(const std::vector<Group>& groups, const Study& study);

/// Simulates what the folders do not hold and adds it: for each study the chip under the most
/// accurate policy at the smallest threshold, and, where `cost_tables` holds none for its network,
/// what every layer costs at every pair of bit widths. What cannot be had becomes a trouble.
/// RunError when a stop was asked for.
void measure(PageContents& contents, const std::vector<std::string>& cost_tables);

}  // namespace kirchhoff::report::html
