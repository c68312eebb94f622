#include "quant/network/network.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file_text.h"
#include "base/json_input.h"
#include "base/quote.h"

namespace kirchhoff::quant {
namespace {

constexpr int kMaxLayers = 256;
constexpr int kMaxChannels = 16384;
constexpr int kMaxSide = 1024;
constexpr long long kMaxMapValues = 1LL << 24;
constexpr long long kMaxWeights = 1LL << 28;
/// Largest row count whose sum of 8-bit products, 127 * 255 each, always fits an int32 accumulator.
constexpr long long kMaxRows = 2147483647LL / (127 * 255);

Layer convolution(const std::string& name, const Shape& input, int out_channels, int kernel,
                  int padding, int pool) {
  Layer layer;
  layer.name = name;
  layer.kind = LayerKind::kConvolution;
  layer.input = input;
  layer.out_channels = out_channels;
  layer.kernel_height = layer.kernel_width = kernel;
  layer.padding = padding;
  layer.pool = pool;
  return layer;
}

Layer fully_connected(const std::string& name, const Shape& input, int out_channels) {
  Layer layer;
  layer.name = name;
  layer.kind = LayerKind::kFullyConnected;
  layer.input = input;
  layer.out_channels = out_channels;
  layer.kernel_height = input.height;
  layer.kernel_width = input.width;
  return layer;
}

/// Appends a layer behind the last one; `make` gets the map that enters it.
template <typename Make>
void append(Network& network, const Make& make) {
  const Shape input = network.layers.empty() ? network.image : network.layers.back().output();
  Layer layer = make(input);
  layer.inputs = {network.layers.empty() ? kImage : output_of(network.layers.last_id())};
  network.layers.push_back(layer);
}

std::string text(const Shape& shape) {
  return fmt::format("{}x{}x{}", shape.channels, shape.height, shape.width);
}

bool plain_name(const std::string& name) {
  constexpr std::size_t kLongestName = 64;
  return !name.empty() && name.size() <= kLongestName &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-' || c == '.';
         });
}

void check_range(const std::string& where, const char* key, long long value, long long low,
                 long long high) {
  if (value < low || value > high) {
    throw InputError(fmt::format("{}: {} = {}: must be in [{}, {}]", where, key, value, low, high));
  }
}

void check_name(const std::string& where, const std::string& name) {
  if (!plain_name(name)) {
    throw InputError(fmt::format("{}: name = {}: must be 1 to 64 letters, digits, '_', '-' or '.'",
                                 where, quoted_text(name)));
  }
}

void check_map(const std::string& where, const char* what, const Shape& map) {
  const long long values = 1LL * map.channels * map.height * map.width;
  if (values > kMaxMapValues) {
    throw InputError(fmt::format("{}: {} map {} has {} values: must be at most {}", where, what,
                                 text(map), values, kMaxMapValues));
  }
}

void check_layer(const Layer& layer, const std::string& where) {
  check_range(where, "out_channels", layer.out_channels, 1, kMaxChannels);
  if (layer.kind == LayerKind::kFullyConnected) {
    if (layer.kernel_height != layer.input.height || layer.kernel_width != layer.input.width ||
        layer.stride != 1 || layer.padding != 0 || layer.pool != 1) {
      throw InputError(
          fmt::format("{}: a fully connected layer has the kernel {}x{} of its input map, "
                      "stride 1, padding 0 and no pooling",
                      where, layer.input.height, layer.input.width));
    }
  }
  // Padding below the kernel keeps every window in touch with the real map.
  check_range(where, "kernel height", layer.kernel_height, 1, kMaxSide);
  check_range(where, "kernel width", layer.kernel_width, 1, kMaxSide);
  check_range(where, "padding", layer.padding, 0,
              std::min(layer.kernel_height, layer.kernel_width) - 1);
  check_range(where, "kernel height", layer.kernel_height, 1,
              layer.input.height + 2 * layer.padding);
  check_range(where, "kernel width", layer.kernel_width, 1, layer.input.width + 2 * layer.padding);
  check_range(where, "stride", layer.stride, 1, kMaxSide);
  const long long rows = 1LL * layer.input.channels * layer.kernel_height * layer.kernel_width;
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
  const Shape convolved = layer.convolved();
  check_map(where, "convolved", convolved);
  check_range(where, "pool", layer.pool, 1, std::min(convolved.height, convolved.width));
}

/// "kernel": 5 or [5, 3].
void read_kernel(const nlohmann::json& object, const std::string& where, Layer& layer) {
  const auto& kernel = member(object, "kernel", where);
  if (!kernel.is_array()) {
    layer.kernel_height = layer.kernel_width =
        static_cast<int>(integer_value(kernel, where + ": kernel", 1, kMaxSide));
    return;
  }
  if (kernel.size() != 2) {
    throw InputError(
        fmt::format("{}: kernel = {}: must be one side or [height, width]", where, quoted(kernel)));
  }
  layer.kernel_height =
      static_cast<int>(integer_value(kernel[0], where + ": kernel[0]", 1, kMaxSide));
  layer.kernel_width =
      static_cast<int>(integer_value(kernel[1], where + ": kernel[1]", 1, kMaxSide));
}

int optional_integer(const nlohmann::json& object, const char* key, const std::string& where,
                     int low, int high, int otherwise) {
  if (!object.contains(key)) return otherwise;
  return static_cast<int>(integer_member(object, key, where, low, high));
}

Layer read_layer(const nlohmann::json& object, const std::string& where, const Shape& input) {
  if (!object.is_object()) {
    throw InputError(fmt::format("{}: {}: must be an object", where, quoted(object)));
  }
  const std::string name = string_member(object, "name", where);
  check_name(where, name);
  const std::string here = fmt::format("{} ({})", where, name);
  const std::string kind = string_member(object, "kind", here);
  const auto out_channels = [&] {
    return static_cast<int>(integer_member(object, "out_channels", here, 1, kMaxChannels));
  };
  if (kind == "fully_connected") {
    check_keys(object, here, {"name", "kind", "out_channels"});
    return fully_connected(name, input, out_channels());
  }
  if (kind != "convolution") {
    throw InputError(fmt::format("{}: kind = {}: must be \"convolution\" or \"fully_connected\"",
                                 here, quoted_text(kind)));
  }
  check_keys(object, here, {"name", "kind", "out_channels", "kernel", "stride", "padding", "pool"});
  Layer layer = convolution(name, input, out_channels(), 1, 0, 1);
  read_kernel(object, here, layer);
  layer.stride = optional_integer(object, "stride", here, 1, kMaxSide, 1);
  layer.padding = optional_integer(object, "padding", here, 0, kMaxSide, 0);
  layer.pool = optional_integer(object, "pool", here, 1, kMaxSide, 1);
  // Before the next layer asks for this one's output map, which only exists when the numbers fit.
  check_layer(layer, here);
  return layer;
}

Shape read_image(const nlohmann::json& root, const std::string& where) {
  const auto& image = member(root, "image", where);
  const std::string here = where + ": image";
  check_keys(image, here, {"channels", "height", "width"});
  Shape shape;
  shape.channels = static_cast<int>(integer_member(image, "channels", here, 1, kMaxChannels));
  shape.height = static_cast<int>(integer_member(image, "height", here, 1, kMaxSide));
  shape.width = static_cast<int>(integer_member(image, "width", here, 1, kMaxSide));
  return shape;
}

/// VGG-16 on 3x224x224 (Simonyan and Zisserman 2015, configuration D): sizes only, no model is
/// shipped.
Network vgg16() {
  Network network;
  network.name = "vgg16";
  network.image = {3, 224, 224};
  // Channels and convolutions of every stage.
  const struct {
    int channels, convolutions;
  } stages[] = {{64, 2}, {128, 2}, {256, 3}, {512, 3}, {512, 3}};
  int number = 0;
  for (const auto& stage : stages) {
    for (int i = 1; i <= stage.convolutions; ++i) {
      const std::string name = fmt::format("CONV{}", ++number);
      const int pool = i == stage.convolutions ? 2 : 1;
      append(network,
             [&](const Shape& map) { return convolution(name, map, stage.channels, 3, 1, pool); });
    }
  }
  append(network, [](const Shape& map) { return fully_connected("FC1", map, 4096); });
  append(network, [](const Shape& map) { return fully_connected("FC2", map, 4096); });
  append(network, [](const Shape& map) { return fully_connected("FC3", map, 1000); });
  network.layers.back().relu = false;
  network.validate();
  return network;
}

}  // namespace

Shape Layer::convolved() const {
  return {out_channels, (input.height + 2 * padding - kernel_height) / stride + 1,
          (input.width + 2 * padding - kernel_width) / stride + 1};
}

Shape Layer::output() const {
  const Shape map = convolved();
  return {map.channels, map.height / pool, map.width / pool};
}

void Network::validate() const {
  const std::string here = fmt::format("network {}", quoted_text(name));
  check_name(here, name);
  check_range(here, "image channels", image.channels, 1, kMaxChannels);
  check_range(here, "image height", image.height, 1, kMaxSide);
  check_range(here, "image width", image.width, 1, kMaxSide);
  check_map(here, "image", image);
  check_range(here, "number of layers", layers.size(), 1, kMaxLayers);

  std::set<std::string> names;
  Shape expected = image;
  TensorId before = kImage;
  for (const LayerId l : layers.ids()) {
    const Layer& layer = layers[l];
    const std::string where = fmt::format("{}: layer {} ({})", here, index(l), layer.name);
    check_name(where, layer.name);
    if (!names.insert(layer.name).second) {
      throw InputError(fmt::format("{}: the name is used twice", where));
    }
    if (layer.inputs != std::vector<TensorId>{before}) {
      throw InputError(fmt::format("{}: inputs: must be the layer before it", where));
    }
    if (!(layer.input == expected)) {
      throw InputError(
          fmt::format("{}: input map {}: must be {}, the map that its producer delivers", where,
                      text(layer.input), text(expected)));
    }
    check_layer(layer, where);
    const bool last = l == layers.last_id();
    if (layer.relu == last) {
      throw InputError(fmt::format("{}: relu = {}: must be true for every layer but the last",
                                   where, layer.relu));
    }
    if (last && layer.pool != 1) {
      throw InputError(
          fmt::format("{}: pool = {}: must be 1, because the last layer delivers its "
                      "accumulators",
                      where, layer.pool));
    }
    expected = layer.output();
    before = output_of(l);
  }
}

Network lenet5() {
  Network network;
  network.name = "lenet5";
  network.image = {1, 32, 32};
  append(network, [](const Shape& map) { return convolution("C1", map, 6, 5, 0, 2); });
  append(network, [](const Shape& map) { return convolution("C3", map, 16, 5, 0, 2); });
  append(network, [](const Shape& map) { return convolution("C5", map, 120, 5, 0, 1); });
  append(network, [](const Shape& map) { return fully_connected("F6", map, 84); });
  append(network, [](const Shape& map) { return fully_connected("OUT", map, 10); });
  network.layers.back().relu = false;
  network.validate();
  return network;
}

Network vgg13() {
  Network network;
  network.name = "vgg13";
  network.image = {3, 32, 32};
  append(network, [](const Shape& map) { return convolution("CONV1", map, 128, 3, 1, 1); });
  append(network, [](const Shape& map) { return convolution("CONV2", map, 128, 3, 1, 2); });
  append(network, [](const Shape& map) { return convolution("CONV3", map, 256, 3, 1, 1); });
  append(network, [](const Shape& map) { return convolution("CONV4", map, 256, 3, 1, 2); });
  append(network, [](const Shape& map) { return convolution("CONV5", map, 512, 3, 1, 1); });
  append(network, [](const Shape& map) { return convolution("CONV6", map, 512, 3, 1, 2); });
  append(network, [](const Shape& map) { return convolution("CONV7", map, 1024, 3, 0, 2); });
  append(network, [](const Shape& map) { return fully_connected("FC", map, 10); });
  network.layers.back().relu = false;
  network.validate();
  return network;
}

std::vector<std::string> network_names() { return {"lenet5", "vgg13", "vgg16"}; }

Network find_network(const std::string& name_or_path) {
  if (name_or_path == "lenet5") return lenet5();
  if (name_or_path == "vgg13") return vgg13();
  if (name_or_path == "vgg16") return vgg16();
  std::error_code error;
  if (!std::filesystem::exists(name_or_path, error)) {
    throw InputError(
        fmt::format("network {}: must be lenet5, vgg13, vgg16 or the path of a JSON description, "
                    "and no such file exists",
                    quoted_text(name_or_path)));
  }
  constexpr std::size_t kMaxBytes = 1 << 20;
  return parse_network(file_text(name_or_path, kMaxBytes), shown_path(name_or_path));
}

Network parse_network(const std::string& json, const std::string& where) {
  const auto root = parse_json(json, where);
  check_keys(root, where, {"name", "image", "layers"});
  Network network;
  network.name = string_member(root, "name", where);
  check_name(where, network.name);
  network.image = read_image(root, where);
  const auto& layers = array_member(root, "layers", where);
  for (std::size_t l = 0; l < layers.size(); ++l) {
    append(network, [&](const Shape& map) {
      return read_layer(layers[l], fmt::format("{}: layers[{}]", where, l), map);
    });
  }
  if (!network.layers.empty()) network.layers.back().relu = false;
  try {
    network.validate();
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: {}", where, error.what()));
  }
  return network;
}

}  // namespace kirchhoff::quant
