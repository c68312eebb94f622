#pragma once

#include <optional>

#include "quant/network/network.h"
#include "quant/network/policy.h"

namespace kirchhoff::quant {

/// Maps that have something in common, numbered by their first one.
enum class TensorGroup : int {};

/// What follows from the graph for every map of a network: which of them share a width, a scale and
/// a sign. Widths and scales belong to maps, not to the layers that read them.
///
/// - Maps that are joined have one width, one scale and one sign: their consumer reads one map.
/// - A map that only layers without weights read has the width of what these make of it, so that a
///   policy names a width for every layer with weights and for nothing else.
/// - What takes maxima only keeps the scale.
class Tensors {
 public:
  explicit Tensors(const Network& network);

  TensorGroup width_group(TensorId map) const { return traits_[map].width; }
  TensorGroup scale_group(TensorId map) const { return traits_[map].scale; }
  /// Some value may be below zero: two's complement.
  bool is_signed(TensorId map) const { return traits_[map].is_signed; }
  /// The layers with weights that read a map of this group, in order.
  const std::vector<LayerId>& readers(TensorGroup width_group) const {
    return readers_[TensorId{index(width_group)}];
  }
  /// The first layer whose activation bits are this map's width; none where no layer with weights
  /// says it: 8 bits then.
  std::optional<LayerId> width_from(TensorId map) const;
  /// Bits of a map under a policy.
  int bits(TensorId map, const Policy& policy) const;

 private:
  struct Traits {
    TensorGroup width{}, scale{};
    bool is_signed = false;
  };
  IndexedVector<TensorId, Traits> traits_;
  IndexedVector<TensorId, std::vector<LayerId>> readers_;  ///< by group
};

/// Bits of a map that no layer with weights reads, directly or behind others.
inline constexpr int kDefaultBits = 8;

/// Layers that read one map want one width; InputError naming both otherwise.
void check_widths(const Network& network, const Policy& policy, const std::string& where);
/// Activation bits of the layers without weights: those of the map that they read.
void fill_widths(const Network& network, Policy& policy);

}  // namespace kirchhoff::quant
