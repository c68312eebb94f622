#pragma once

#include <string>
#include <vector>

#include "quant/network/network.h"

namespace kirchhoff::quant {

/// Widths that a policy may have.
inline constexpr int kMinBits = 2;
inline constexpr int kMaxBits = 16;
/// Widest that the search methods choose and the accuracy engine computes with.
inline constexpr int kMaxSearchBits = 8;

/// Bit widths of one weight layer. `activation` is the width of the activations that enter it.
struct LayerBits {
  int weight = 8;
  int activation = 8;
  bool has_weights() const { return weight != 0; }
  bool operator==(const LayerBits& o) const {
    return weight == o.weight && activation == o.activation;
  }
  bool operator!=(const LayerBits& o) const { return !(*this == o); }
};

/// One pair of bit widths per layer with weights, in the network's order.
struct Policy {
  /// Of all layers. Those without weights have weight 0 and the width of the map that they read
  /// (fill_widths() in tensors.h); no text of a policy names them.
  IndexedVector<LayerId, LayerBits> layers;

  static Policy uniform(const Network& network, int weight_bits, int activation_bits);
  /// Mean weight bits over all layers with weights, fixed ones included, as the paper reports it.
  double mean_weight_bits() const;
  /// "8/8,5/7,8/8": weight/activation of every layer; parse_policy reads it back.
  std::string to_string() const;
  bool operator==(const Policy& o) const { return layers == o.layers; }
  bool operator!=(const Policy& o) const { return !(*this == o); }
};

/// Reads "W6A4" (every layer), a list "8/8,5/7,…" (weight/activation per layer), or the path of a
/// file in one of the forms of quant/network/policy_formats.h. Throws InputError naming the text or
/// file, the layer, the value and the allowed range, and where layers that read one map want
/// different widths.
Policy parse_policy(const std::string& text, const Network& network);

/// The first two forms only, for text that comes out of a file: it must not name another one.
Policy policy_from_text(const std::string& text, const Network& network);

/// The text of one that holds JSON or a list; `where` names it in messages.
Policy parse_policy_json(const std::string& json, const std::string& where, const Network& network);

/// The JSON that parse_policy reads.
std::string policy_json(const Policy& policy, const Network& network);

}  // namespace kirchhoff::quant
