#include "agent/search_method.h"

namespace kirchhoff::agent {

std::vector<Proposal> probes_of(const std::vector<Actions>& policies) {
  std::vector<Proposal> proposals;
  for (const Actions& actions : policies) proposals.push_back({actions, true, {}, 0});
  return proposals;
}

}  // namespace kirchhoff::agent
