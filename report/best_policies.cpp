#include "report/best_policies.h"

#include <utility>

namespace kirchhoff::report {
namespace {

/// Our W8A8, and ISAAC's own precision.
constexpr const char* kIsaacPolicies[] = {"W8A8", "W16A16"};

}  // namespace

void simulate_best(const std::vector<Study>& studies, const std::vector<Group>& groups,
                   std::vector<BestPolicy>& best, std::vector<IsaacFigures>& isaac) {
  std::vector<SimulationRequest> requests;
  for (const Group& group : groups) {
    if (group.answers.empty()) continue;
    best.push_back({&group, {}});
    if (group.study->priced_by_table()) continue;
    requests.push_back({group.study->network_given, group.best().answer_text("policy"),
                        hardware_words(*group.study)});
    for (std::string& word : quantizer_words(*group.study))
      requests.back().hardware.push_back(std::move(word));
  }
  for (const Study& study : studies) {
    for (const char* policy : kIsaacPolicies) {
      isaac.push_back({&study, policy, {}});
      requests.push_back({study.network_given, policy, {"--preset=isaac"}});
    }
  }
  const std::vector<SimulatedPolicy> simulated = simulate_policies(requests);
  auto next = simulated.begin();
  for (BestPolicy& one : best) {
    if (!one.group->study->priced_by_table()) one.simulated = *next++;
  }
  for (IsaacFigures& one : isaac) one.simulated = *next++;
}

}  // namespace kirchhoff::report
