#include "quant/network/network.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/quote.h"
#include "quant/network/check_range.h"

namespace kirchhoff::quant {
namespace {

bool plain_name(const std::string& name) {
  constexpr std::size_t kLongestName = 64;
  return !name.empty() && name.size() <= kLongestName &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-' || c == '.';
         });
}

/// One direction of a window; the padding on its two sides.
void check_window(const std::string& where, const char* side, int kernel, int stride, int dilation,
                  int before, int behind, int map) {
  const auto key = [side](const char* what) { return fmt::format("{} {}", what, side); };
  check_range(where, key("kernel").c_str(), kernel, 1, kMaxSide);
  check_range(where, key("dilation").c_str(), dilation, 1, kMaxSide);
  const int span = (kernel - 1) * dilation + 1;
  // Padding below the kernel keeps every window in touch with the real map.
  check_range(where, "padding", std::min(before, behind), 0, span - 1);
  check_range(where, "padding", std::max(before, behind), 0, span - 1);
  if (span > map + before + behind) {
    check_range(where, key("kernel").c_str(), kernel, 1,
                (map + before + behind - 1) / dilation + 1);
  }
  check_range(where, "stride", stride, 1, kMaxSide);
}

void check_matrix(const Layer& layer, const std::string& where) {
  check_range(where, "groups", layer.groups, 1, layer.input.channels);
  if (layer.input.channels % layer.groups != 0 || layer.out_channels % layer.groups != 0) {
    throw InputError(fmt::format("{}: groups = {}: must divide {} input and {} output channels",
                                 where, layer.groups, layer.input.channels, layer.out_channels));
  }
  const long long rows =
      1LL * layer.input.channels / layer.groups * layer.kernel_height * layer.kernel_width;
  if (rows > kMaxRows) {
    throw InputError(
        fmt::format("{}: {} weights per output channel: must be at most {}, so that a "
                    "32-bit accumulator cannot overflow",
                    where, rows, kMaxRows));
  }
  if (rows * layer.out_channels > kMaxWeights) {
    throw InputError(fmt::format("{}: {} weights: must be at most {}", where,
                                 rows * layer.out_channels, kMaxWeights));
  }
  if (layer.average || layer.ceil_mode) {
    throw InputError(
        fmt::format("{}: only a layer without weights averages or rounds its map up", where));
  }
}

/// The map of a list of maps, channel after channel.
Shape joined(const Network& network, const std::vector<TensorId>& maps, const std::string& where) {
  Shape shape = network.shape_of(maps.front());
  shape.channels = 0;
  for (const TensorId map : maps) {
    const Shape part = network.shape_of(map);
    if (part.height != shape.height || part.width != shape.width) {
      throw InputError(fmt::format("{}: joins maps of {}x{} and {}x{}", where, shape.height,
                                   shape.width, part.height, part.width));
    }
    shape.channels += part.channels;
  }
  return shape;
}

/// Of a layer that comes before `layer`; the image only by itself.
void check_sources(const std::vector<TensorId>& maps, LayerId layer, const std::string& where) {
  for (const TensorId map : maps) {
    if (map < kImage || map >= output_of(layer)) {
      throw InputError(
          fmt::format("{}: inputs: must be the image or maps of layers before it", where));
    }
    if (map == kImage && maps.size() > 1) {
      throw InputError(fmt::format("{}: inputs: the image must be the only one", where));
    }
  }
}

}  // namespace

void check_network_name(const std::string& where, const std::string& name) {
  if (!plain_name(name)) {
    throw InputError(fmt::format("{}: name = {}: must be 1 to 64 letters, digits, '_', '-' or '.'",
                                 where, quoted_text(name)));
  }
}

void check_map(const std::string& where, const char* what, const Shape& map) {
  const long long values = 1LL * map.channels * map.height * map.width;
  if (values > kMaxMapValues) {
    throw InputError(fmt::format("{}: {} map {} has {} values: must be at most {}", where, what,
                                 map.to_string(), values, kMaxMapValues));
  }
}

void check_layer(const Layer& layer, const std::string& where) {
  check_range(where, "out_channels", layer.out_channels, 1, kMaxChannels);
  if (layer.kind == LayerKind::kFullyConnected &&
      (layer.kernel_height != layer.input.height || layer.kernel_width != layer.input.width ||
       layer.stride != Extent(1) || layer.dilation != Extent(1) || layer.padding != Padding(0) ||
       layer.pool != 1 || layer.groups != 1)) {
    throw InputError(
        fmt::format("{}: a fully connected layer has the kernel {}x{} of its input map, "
                    "stride 1, padding 0 and no pooling",
                    where, layer.input.height, layer.input.width));
  }
  check_window(where, "height", layer.kernel_height, layer.stride.height, layer.dilation.height,
               layer.padding.top, layer.padding.bottom, layer.input.height);
  check_window(where, "width", layer.kernel_width, layer.stride.width, layer.dilation.width,
               layer.padding.left, layer.padding.right, layer.input.width);
  if (layer.has_weights()) {
    check_matrix(layer, where);
  } else if (layer.out_channels != layer.input.channels) {
    throw InputError(fmt::format("{}: out_channels = {}: must be {}, those that enter", where,
                                 layer.out_channels, layer.input.channels));
  }
  const Shape convolved = layer.convolved();
  check_map(where, "convolved", convolved);
  check_range(where, "pool", layer.pool, 1, std::min(convolved.height, convolved.width));
}

Shape Network::shape_of(TensorId map) const {
  return map == kImage ? image : layers[producer_of(map)].output();
}

bool Network::is_plain() const {
  return std::all_of(layers.begin(), layers.end(), [this](const Layer& layer) {
    const bool last = &layer == &layers.back();
    return layer.has_weights() && layer.groups == 1 && layer.dilation == Extent(1) &&
           layer.stride.square() && layer.padding.even() && layer.inputs.size() == 1 &&
           layer.residual.empty() && layer.function == (last ? Function::none() : Function::relu());
  });
}

std::string stages_text(const Network& network) {
  std::string text = fmt::format("{}\n", network.image.to_string());
  const auto numbers = [](const std::vector<TensorId>& maps) {
    std::vector<int> result;
    for (const TensorId map : maps) result.push_back(index(map));
    return fmt::format("{}", fmt::join(result, "+"));
  };
  for (const Layer& layer : network.layers) {
    const Padding& p = layer.padding;
    text += fmt::format(
        "{} {} | {} | {} | {} x{} | {}x{} s{},{} d{},{} p{},{},{},{} g{} | {} pool {} {}{}{}\n",
        layer.name, name_of(layer.kind), numbers(layer.inputs), numbers(layer.residual),
        layer.input.to_string(), layer.out_channels, layer.kernel_height, layer.kernel_width,
        layer.stride.height, layer.stride.width, layer.dilation.height, layer.dilation.width, p.top,
        p.left, p.bottom, p.right, layer.groups, layer.function.to_string(), layer.pool,
        layer.average ? 'a' : '-', layer.counts_padding ? 'p' : '-', layer.ceil_mode ? 'c' : '-');
  }
  return text;
}

void check_plain(const Network& network, const char* what) {
  if (network.is_plain()) return;
  throw InputError(fmt::format(
      "network {}: {} takes convolutions without groups or dilation and fully connected "
      "layers with ReLU only, so far; simulate takes it with --weights random",
      network.name, what));
}

std::vector<LayerId> Network::weight_layers() const {
  std::vector<LayerId> found;
  for (const LayerId l : layers.ids()) {
    if (layers[l].has_weights()) found.push_back(l);
  }
  return found;
}

void Network::validate() const {
  const std::string here = fmt::format("network {}", quoted_text(name));
  check_network_name(here, name);
  check_range(here, "image channels", image.channels, 1, kMaxChannels);
  check_range(here, "image height", image.height, 1, kMaxSide);
  check_range(here, "image width", image.width, 1, kMaxSide);
  check_map(here, "image", image);
  check_range(here, "number of layers", layers.size(), 1, kMaxLayers);

  std::set<std::string> names;
  std::set<TensorId> read;
  for (const LayerId l : layers.ids()) {
    const Layer& layer = layers[l];
    const std::string where = fmt::format("{}: layer {} ({})", here, index(l), layer.name);
    check_network_name(where, layer.name);
    if (!names.insert(layer.name).second) {
      throw InputError(fmt::format("{}: the name is used twice", where));
    }
    if (layer.inputs.empty()) throw InputError(fmt::format("{}: has no input", where));
    check_sources(layer.inputs, l, where);
    check_sources(layer.residual, l, where);
    const Shape expected = joined(*this, layer.inputs, where);
    if (layer.input != expected) {
      throw InputError(fmt::format("{}: input map {}: must be {}, what its producers deliver",
                                   where, layer.input.to_string(), expected.to_string()));
    }
    check_layer(layer, where);
    if (!layer.residual.empty()) {
      const Shape second = joined(*this, layer.residual, where);
      if (second != layer.convolved()) {
        throw InputError(fmt::format("{}: adds a map {} to one of {}", where, second.to_string(),
                                     layer.convolved().to_string()));
      }
    }
    if (is_output(l) && (!layer.function.is_none() || layer.pool != 1 || !layer.residual.empty() ||
                         layer.kind == LayerKind::kMaximum)) {
      throw InputError(
          fmt::format("{}: the last layer delivers its sums: no function, no pooling "
                      "and no second operand may follow them",
                      where));
    }
    read.insert(layer.inputs.begin(), layer.inputs.end());
    read.insert(layer.residual.begin(), layer.residual.end());
  }
  for (const LayerId l : layers.ids()) {
    if (!is_output(l) && read.count(output_of(l)) == 0) {
      throw InputError(fmt::format("{}: layer {} ({}): no layer uses its output", here, index(l),
                                   layers[l].name));
    }
  }
}

}  // namespace kirchhoff::quant
