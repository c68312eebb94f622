#include "quant/network/policy_edit.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/nearest.h"
#include "base/quote.h"
#include "quant/network/tensors.h"

namespace kirchhoff::quant {
namespace {

/// The bits behind a letter in either case, which `text` then loses; none where it begins with
/// another. -1: no number of at most three digits.
std::optional<int> take_bits(std::string& text, char letter) {
  if (text.empty() || (text[0] != letter && text[0] != letter + 32)) return std::nullopt;
  std::size_t end = 1;
  int bits = 0;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9' && end < 4)
    bits = 10 * bits + (text[end++] - '0');
  if (end == 1) bits = -1;
  text.erase(0, end);
  return bits;
}

LayerId find_layer(const std::string& name, const std::string& where, const Network& network) {
  std::vector<std::string> names;
  for (const LayerId l : network.weight_layers()) {
    if (network.layers[l].name == name) return l;
    names.push_back(network.layers[l].name);
  }
  const std::string near = nearest(name, names);
  throw InputError(fmt::format(
      "{}: {}: no layer with weights of {} ({})", where, quoted_text(name), network.name,
      near.empty() ? "kirchhoff network shows them" : "did you mean " + near + "?"));
}

/// What a change sets, by what it belongs to; who set it first.
class Widths {
 public:
  explicit Widths(const std::string& where) : where_(where) {}

  void claim(bool activation, int owner, int bits, const WidthChange& change) {
    const auto [first, is_new] =
        claims_.emplace(std::pair{activation, owner}, std::pair{bits, change.text});
    if (is_new || first->second.first == bits) return;
    throw InputError(fmt::format("{} {}: its {} have {} bits by {} {}{}", where_,
                                 quote(change.text), activation ? "activations" : "weights",
                                 first->second.first, where_, quote(first->second.second),
                                 activation ? ": layers that read one map have one width" : ""));
  }

 private:
  const std::string& where_;
  std::map<std::pair<bool, int>, std::pair<int, std::string>> claims_;
};

}  // namespace

WidthChange parse_width_change(const std::string& text, const std::string& option,
                               const Network& network) {
  const std::string where = fmt::format("{} {}", option, quote(text));
  const std::size_t equals = text.rfind('=');
  std::string bits = equals == std::string::npos ? "" : text.substr(equals + 1);
  WidthChange change;
  change.text = text;
  change.weight = take_bits(bits, 'W');
  change.activation = take_bits(bits, 'A');
  if (equals == 0 || !bits.empty() || (!change.weight && !change.activation))
    throw InputError(where + ": must be LAYER=BITS, such as C3=W4A5, C3=W4 or C3=A5");
  change.layer = find_layer(text.substr(0, equals), where, network);
  for (const auto& [what, width] :
       {std::pair{"weight", change.weight}, std::pair{"activation", change.activation}}) {
    if (width && (*width < kMinBits || *width > kMaxBits))
      throw InputError(
          fmt::format("{}: {} bits must be in [{}, {}]", where, what, kMinBits, kMaxBits));
  }
  return change;
}

Policy with_changes(Policy policy, const std::vector<WidthChange>& changes,
                    const std::string& where, const Network& network) {
  const Tensors tensors(network);
  Widths widths(where);
  for (const WidthChange& change : changes) {
    if (change.weight) {
      widths.claim(false, index(change.layer), *change.weight, change);
      policy.layers[change.layer].weight = *change.weight;
    }
    if (!change.activation) continue;
    const TensorGroup map = tensors.width_group(network.layers[change.layer].inputs.front());
    widths.claim(true, index(map), *change.activation, change);
    for (const LayerId reader : tensors.readers(map))
      policy.layers[reader].activation = *change.activation;
  }
  fill_widths(network, policy);
  return policy;
}

Policy clamped(Policy policy, int low, int high, const Network& network) {
  for (const LayerId l : network.weight_layers()) {
    LayerBits& bits = policy.layers[l];
    bits = {std::clamp(bits.weight, low, high), std::clamp(bits.activation, low, high)};
  }
  fill_widths(network, policy);
  return policy;
}

}  // namespace kirchhoff::quant
