#pragma once

#include <array>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>

#include "agent/models.h"
#include "agent/policy_space.h"
#include "quant/network/networks.h"

namespace kirchhoff::agent {

/// LeNet-5 on MNIST as it was measured (tests/agent/measured): costs as sums over the layers, and
/// accuracy and divergence of every policy that they put within 0.75. Of the others only those are
/// known in which a single slot has less than 8 bits.
class MeasuredLandscape final : public CostModel, public AccuracyModel {
 public:
  MeasuredLandscape() {
    each("costs", [&](const std::array<std::string, 4>& cells) {
      const double cost = std::stod(cells[3]);
      if (cells[0] == "fixed") {
        fixed_ = cost;
      } else {
        costs_[{std::stoi(cells[0]), std::stoi(cells[1]), std::stoi(cells[2])}] = cost;
      }
    });
    each("scores", [&](const std::array<std::string, 4>& cells) {
      scores_[cells[0]] = {std::stod(cells[1]), std::stod(cells[2])};
    });
  }

  Cost cost(const quant::Policy& policy) override {
    double sum = fixed_;
    for (const quant::LayerId l : free_layers(policy)) {
      const quant::LayerBits& bits = policy.layers[l];
      sum += costs_.at({index(l), bits.weight, bits.activation});
    }
    return {sum, sum, sum, sum};
  }
  /// As bad as can be where it is not known: beyond every threshold that a test may ask for.
  Score score(const quant::Policy& policy) override {
    const auto known = scores_.find(widths(policy));
    return known == scores_.end() ? Score{0.0, 10.0} : known->second;
  }

  /// The most accurate policy within the threshold, which is 0.75 at most.
  double optimum_pct(double threshold) {
    double best = 0.0;
    for (const auto& [widths, score] : scores_) {
      quant::Policy policy = quant::Policy::uniform(quant::lenet5(), 8, 8);
      auto digit = widths.begin();
      for (const quant::LayerId l : free_layers(policy)) {
        policy.layers[l].weight = *digit++ - '0';
        policy.layers[l].activation = *digit++ - '0';
      }
      if (cost(policy).cost <= threshold) best = std::max(best, score.accuracy_pct);
    }
    return best;
  }

 private:
  template <typename Visit>
  static void each(const std::string& what, const Visit& visit) {
    const std::string path = std::string(KIRCHHOFF_MEASURED) + "/lenet5-mnist-" + what + ".csv";
    std::ifstream file(path);
    std::string line;
    if (!std::getline(file, line)) throw std::runtime_error(path + " is missing");
    while (std::getline(file, line)) {
      std::array<std::string, 4> cells;
      std::istringstream text(line);
      for (std::string& cell : cells) std::getline(text, cell, ',');
      visit(cells);
    }
  }
  static IdRange<quant::LayerId> free_layers(const quant::Policy& policy) {
    return {quant::LayerId{1}, policy.layers.last_id()};
  }
  static std::string widths(const quant::Policy& policy) {
    std::string digits;
    for (const quant::LayerId l : free_layers(policy)) {
      digits += std::to_string(policy.layers[l].weight);
      digits += std::to_string(policy.layers[l].activation);
    }
    return digits;
  }

  double fixed_ = 0.0;
  std::map<std::array<int, 3>, double> costs_;  ///< by layer, weight bits and activation bits
  std::map<std::string, Score> scores_;
};

}  // namespace kirchhoff::agent
