#pragma once

#include <string>
#include <vector>

namespace kirchhoff {

/// The candidate that differs least from `word`, or "" when none is near: for "did you mean".
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace kirchhoff
