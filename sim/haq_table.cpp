#include "sim/haq_table.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "quant/network/tensors.h"

namespace kirchhoff::sim {
namespace {

/// A layer without weights takes it in every policy that gives its map so many bits.
double without_weights(const CostTable& table, const quant::Network& network,
                       const quant::Tensors& tensors, quant::LayerId reader, int bits) {
  double sum = 0.0;
  for (const quant::LayerId l : network.layers.ids()) {
    if (network.layers[l].has_weights()) continue;
    const auto& readers = tensors.readers(tensors.width_group(network.layers[l].inputs.front()));
    const bool of_nobody = readers.empty() && reader == network.weight_layers().front();
    if (!of_nobody && (readers.empty() || readers.front() != reader)) continue;
    sum += table.find(l, {0, of_nobody ? quant::kDefaultBits : bits})->latency_ns;
  }
  return sum;
}

}  // namespace

bool is_haq_table(const std::string& path) {
  const std::string end = ".npy";
  return path.size() > end.size() && path.compare(path.size() - end.size(), end.size(), end) == 0;
}

CostTable from_haq_table(const IntegerArray& cycles, const quant::Network& network,
                         const std::string& where) {
  const std::vector<quant::LayerId> named = network.weight_layers();
  const std::vector<std::size_t> expected = {named.size(), kHaqWidths, kHaqWidths};
  if (cycles.shape != expected) {
    throw InputError(
        fmt::format("{}: shape = ({}): must be ({}): layers of {} with weights, "
                    "weight bits, activation bits",
                    where, fmt::join(cycles.shape, ", "), fmt::join(expected, ", "), network.name));
  }
  CostTable table;
  table.latency_only = true;
  auto next = cycles.elements.begin();
  for (const quant::LayerId l : named) {
    for (int w = 1; w <= kHaqWidths; ++w) {
      for (int a = 1; a <= kHaqWidths; ++a) {
        CostTableEntry entry;
        entry.latency_ns = static_cast<double>(*next++);
        if (entry.latency_ns < 0.0) {
          throw InputError(fmt::format("{}: [{}, {}, {}] = {}: must be at least 0", where,
                                       std::find(named.begin(), named.end(), l) - named.begin(),
                                       w - 1, a - 1, entry.latency_ns));
        }
        table.set(l, {w, a}, entry);
      }
    }
  }
  for (const quant::LayerId l : network.layers.ids()) {
    if (network.layers[l].has_weights()) continue;
    for (int a = 1; a <= kHaqWidths; ++a) table.set(l, {0, a}, {});
  }
  for (const quant::LayerId l : network.layers.ids()) table.names[l] = network.layers[l].name;
  return table;
}

IntegerArray to_haq_table(const CostTable& table, const quant::Network& network, double mhz) {
  const quant::Tensors tensors(network);
  const std::vector<quant::LayerId> named = network.weight_layers();
  IntegerArray cycles{{named.size(), kHaqWidths, kHaqWidths}, {}};
  for (const quant::LayerId l : named) {
    for (int w = 1; w <= kHaqWidths; ++w) {
      for (int a = 1; a <= kHaqWidths; ++a) {
        const int weight = std::max(w, quant::kMinBits), activation = std::max(a, quant::kMinBits);
        const double ns = table.find(l, {weight, activation})->latency_ns +
                          without_weights(table, network, tensors, l, activation);
        cycles.elements.push_back(std::llround(ns * mhz / 1000.0));
      }
    }
  }
  return cycles;
}

}  // namespace kirchhoff::sim
