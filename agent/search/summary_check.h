#pragma once

#include <string>

#include "agent/search/search.h"
#include "agent/search/summary.h"

namespace kirchhoff::agent {

/// InputError naming `path` and the key when a summary that was read holds what no search writes:
/// a count or ratio below zero, an accuracy beyond 100 %, a best episode that was never tried.
void check_summary(const Summary& summary, const std::string& path);

/// The same when it is the summary of another search than `network` with these options.
void check_owner(const Summary& summary, const std::string& network, const SearchOptions& options,
                 const std::string& path);

}  // namespace kirchhoff::agent
