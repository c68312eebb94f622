#include "agent/evolution/evolution.h"
#include "base/error.h"

namespace kirchhoff::agent {
namespace {

std::function<Evolve*()>& finder() {
  static std::function<Evolve*()> find;
  return find;
}

}  // namespace

void set_evolution(const std::function<Evolve*()>& find) { finder() = find; }

Evolve* find_evolution() {
  if (!finder()) throw RunError("this program has no NSGA-II: set_evolution() was not called");
  return finder()();
}

}  // namespace kirchhoff::agent
