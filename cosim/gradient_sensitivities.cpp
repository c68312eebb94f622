#include "cosim/gradient_sensitivities.h"

#include <cfenv>
#include <vector>

#include "cosim/training_library.h"

namespace kirchhoff::cosim {
namespace {

/// LibTorch's threads flush denormal numbers to zero. What comes after must not: a resumed search
/// remembers the sensitivities and never loads LibTorch.
class KeptFloatingPointMode {
 public:
  KeptFloatingPointMode() { std::fegetenv(&mode_); }
  ~KeptFloatingPointMode() { std::fesetenv(&mode_); }
  KeptFloatingPointMode(const KeptFloatingPointMode&) = delete;
  KeptFloatingPointMode& operator=(const KeptFloatingPointMode&) = delete;

 private:
  std::fenv_t mode_{};
};

}  // namespace

agent::Sensitivities gradient_sensitivities(const agent::PolicySpace& space, Workload& workload,
                                            const quant::Dataset& split, std::size_t images,
                                            quant::GradientLoss loss, int threads,
                                            const quant::GradientProgress& progress) {
  std::vector<quant::LayerId> layers;
  for (const agent::Slot& slot : space.slots()) {
    if (!slot.activation) layers.push_back(slot.layer);
  }
  const KeptFloatingPointMode kept;
  const quant::TrainingLibrary& library = training_library();
  library.set_threads(threads);
  const quant::NetworkLosses losses =
      library.gradient_losses(workload.quantizer(), layers, split, images, loss, progress);

  agent::Sensitivities sensitivities;
  for (const agent::Slot& slot : space.slots()) {
    const auto& bits = slot.activation ? losses[slot.layer].activation : losses[slot.layer].weight;
    auto& its = sensitivities.emplace_back();
    for (std::size_t action = 0; action < its.size(); ++action) {
      its[action] = bits[quant::kMinBits + action];
    }
  }
  return sensitivities;
}

}  // namespace kirchhoff::cosim
