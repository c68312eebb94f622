#include "quant/network/free_bits.h"

#include <algorithm>
#include <vector>

namespace kirchhoff::quant {

IndexedVector<LayerId, FreeBits> free_bits(const Network& network) {
  const Tensors tensors(network);
  const std::vector<LayerId> named = network.weight_layers();
  const auto fixed = [&](LayerId l) { return l == named.front() || l == named.back(); };
  IndexedVector<LayerId, FreeBits> free;
  for (const LayerId l : network.layers.ids()) {
    const Layer& layer = network.layers[l];
    const TensorGroup map = tensors.width_group(layer.inputs.front());
    const std::vector<LayerId>& readers = tensors.readers(map);
    free.push_back({layer.has_weights() && !fixed(l),
                    !readers.empty() && std::none_of(readers.begin(), readers.end(), fixed), map});
  }
  return free;
}

}  // namespace kirchhoff::quant
