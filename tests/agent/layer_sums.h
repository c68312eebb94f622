#pragma once

#include <cmath>

#include "agent/models.h"
#include "quant/network/network.h"

namespace kirchhoff::agent {

/// Sums over all layers, those without weights included: 1 at W8A8, and every layer another share.
class LayerSums final : public CostModel, public AccuracyModel {
 public:
  explicit LayerSums(const quant::Network& network) : network_(network) {
    for (const quant::LayerId l : network_.layers.ids()) whole_ += share(l);
  }
  Cost cost(const quant::Policy& policy) override {
    double sum = 0.0;
    for (const quant::LayerId l : network_.layers.ids()) {
      const quant::LayerBits& bits = policy.layers[l];
      const double weight = bits.has_weights() ? bits.weight / 8.0 : 1.0;
      sum += share(l) * (0.1 + 0.5 * weight * bits.activation / 8.0 + 0.4 * bits.activation / 8.0);
    }
    return {sum / whole_, sum / whole_, sum / whole_, sum / whole_};
  }
  /// A loss per width that quarters with every bit; a map's is that of all layers that read it.
  Score score(const quant::Policy& policy) override {
    double loss = 0.0;
    for (const quant::LayerId l : network_.layers.ids()) {
      const quant::LayerBits& bits = policy.layers[l];
      const double sensitivity = 10.0 * (1.0 + index(l) * 3 % 5);
      if (bits.has_weights()) loss += sensitivity * step(bits.weight);
      loss += 1.5 * sensitivity * step(bits.activation);
    }
    return {90.0 - loss, loss};
  }

 private:
  static double share(quant::LayerId l) { return 1.0 + index(l) * 7 % 4; }
  static double step(int bits) { return std::pow(4.0, -bits) - std::pow(4.0, -8); }
  const quant::Network network_;
  double whole_ = 0.0;
};

}  // namespace kirchhoff::agent
