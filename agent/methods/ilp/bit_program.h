#pragma once

#include <optional>
#include <utility>
#include <vector>

namespace kirchhoff::agent {

/// The knapsack that is left of a bit-width search when losses and costs are sums over the layers:
/// one choice per layer, so that the losses sum to the least and the costs to no more than a limit.
/// Solved exactly, as an integer linear program.
class BitProgram {
 public:
  struct Choice {
    double loss = 0.0;
    double cost = 0.0;
    int map_bits = 0;  ///< that it gives the map that enters, where layers share one
  };
  struct Layer {
    std::vector<Choice> choices;
    bool shares = false;  ///< the map that enters with the layer before: one width for both
  };

  explicit BitProgram(std::vector<Layer> layers) : layers_(std::move(layers)) {}

  /// Excludes one combination of choices, given by one index per layer.
  void forbid(const std::vector<std::size_t>& choices) { forbidden_.push_back(choices); }
  /// The best combination, one index per layer. Empty when the limit admits none. RunError when
  /// the solver fails.
  std::optional<std::vector<std::size_t>> solve(double limit) const;

 private:
  const std::vector<Layer> layers_;
  std::vector<std::vector<std::size_t>> forbidden_;
};

}  // namespace kirchhoff::agent
