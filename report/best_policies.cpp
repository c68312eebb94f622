#include "report/best_policies.h"

#include <utility>

#include <fmt/format.h>

namespace kirchhoff::report {
namespace {

/// Our W8A8, and the precision of ISAAC and PipeLayer.
constexpr const char* kPolicies[] = {"W8A8", "W16A16"};
/// The chips that the paper compares with.
constexpr const char* kPresets[] = {"isaac", "pipelayer"};

}  // namespace

void simulate_best(const std::vector<Study>& studies, const std::vector<Group>& groups,
                   std::vector<BestPolicy>& best, std::vector<PresetFigures>& presets) {
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
    for (const char* preset : kPresets) {
      for (const char* policy : kPolicies) {
        presets.push_back({&study, preset, policy, {}});
        requests.push_back({study.network_given, policy, {fmt::format("--preset={}", preset)}});
      }
    }
  }
  const std::vector<SimulatedPolicy> simulated = simulate_policies(requests);
  auto next = simulated.begin();
  for (BestPolicy& one : best) {
    if (!one.group->study->priced_by_table()) one.simulated = *next++;
  }
  for (PresetFigures& one : presets) one.simulated = *next++;
}

}  // namespace kirchhoff::report
