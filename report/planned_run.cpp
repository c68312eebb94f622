#include "report/planned_run.h"

#include <tuple>

#include <fmt/format.h>

#include "agent/search_methods.h"

namespace kirchhoff::report {
std::string PlannedRun::name() const { return fmt::format("{}-th{}-seed{}", method, th, seed); }

bool operator==(const PlannedRun& a, const PlannedRun& b) {
  return a.method == b.method && a.th == b.th && a.seed == b.seed;
}

bool operator<(const PlannedRun& a, const PlannedRun& b) {
  return std::tuple(a.th, agent::search_method_place(a.method), a.method, a.seed) <
         std::tuple(b.th, agent::search_method_place(b.method), b.method, b.seed);
}

}  // namespace kirchhoff::report
