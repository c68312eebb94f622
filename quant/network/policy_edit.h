#pragma once

#include <optional>
#include <string>
#include <vector>

#include "quant/network/network.h"
#include "quant/network/policy.h"

namespace kirchhoff::quant {

/// New bits of a layer's weights, of the activations that enter it, or of both.
struct WidthChange {
  LayerId layer{};
  std::optional<int> weight, activation;
  std::string text;  ///< as the user wrote it
};

/// Reads "C3=W4A5", "C3=W4" or "C3=A5". InputError, beginning with `where` and the text, for
/// another form, a layer that is none with weights, and bits out of range.
WidthChange parse_width_change(const std::string& text, const std::string& where,
                               const Network& network);

/// The policy with these changes. Activation bits belong to a map, so that they change for every
/// layer that reads it. InputError, beginning with `where`, when two changes give one width
/// different bits.
Policy with_changes(Policy policy, const std::vector<WidthChange>& changes,
                    const std::string& where, const Network& network);

/// The policy with all widths in [low, high]: what is outside gets the nearer end.
Policy clamped(Policy policy, int low, int high, const Network& network);

}  // namespace kirchhoff::quant
