// Evaluates one policy: costs from the simulated chip, accuracy from the exact integer network.
#include <cstdio>
#include <exception>

#include <kirchhoff/cosim/evaluator.h>

int main(int argc, char** argv) try {
  kirchhoff::EvaluatorOptions options;
  options.network = "lenet5";
  options.hardware = {{"adc.bits", "8"}};
  kirchhoff::Evaluator chip(options);
  const auto policy = chip.policy(argc > 1 ? argv[1] : "8/8,6/4,5/4,6/6,8/8");
  const auto cost = chip.cost(policy);
  std::printf("latency %.0f ns, energy %.0f pJ, cost %.4f of W8A8\n", cost.latency_ns,
              cost.energy_pj, cost.cost_ratio);
  const auto accuracy = chip.accuracy(policy);
  std::printf("accuracy %.2f %% (W8A8 %.2f %%)\n", accuracy.accuracy_pct,
              accuracy.w8a8_accuracy_pct);
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
