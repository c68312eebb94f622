#pragma once

#include <cstdint>
#include <vector>

#include "hw/host/host_port.h"
#include "mapping/program.h"
#include "quant/network/network.h"
#include "quant/network/policy.h"
#include "quant/network/tensors.h"
#include "sim/rounds.h"

namespace kirchhoff::sim {

/// What lies outside the chip during a run: the images, the maps that rounds read of earlier ones,
/// the results.
class HostMaps {
 public:
  /// Of a run of `images`. `pixels`: image, channel, row, column; empty when only sizes flow. Keeps
  /// references.
  HostMaps(const quant::Network& network, const quant::Policy& policy,
           const std::vector<std::int32_t>& pixels, int images);

  bool functional() const { return !pixels_.empty(); }
  /// What the host sends and expects in a pass.
  hw::HostJob job(const mapping::Program& program, const Pass& pass) const;
  /// Keeps what has come back in it. Parts of a map, and of the results, may come in several
  /// rounds.
  void take(const hw::HostPort& host, const mapping::Program& program, const Pass& pass);
  /// Bits of activations that leave in a pass for a later round, or come in from an earlier one.
  std::uint64_t bits_between_rounds(const mapping::Program& program, const Pass& pass) const;
  /// Accumulators of the last layer: image, channel, pixel. Empty when only sizes flow.
  const hw::Sums& results() const { return results_; }

 private:
  template <typename Numbers>
  void add(const Numbers& received, const Pass& pass, Numbers& all) const;
  hw::HostMap map_of(quant::TensorId map, const Pass& pass) const;

  const quant::Network& network_;
  const quant::Policy& policy_;
  const std::vector<std::int32_t>& pixels_;
  const int images_;
  const quant::Tensors tensors_;
  IndexedVector<quant::TensorId, std::vector<std::int32_t>> maps_;  ///< as `pixels`
  hw::Sums results_;
};

}  // namespace kirchhoff::sim
