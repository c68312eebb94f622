#include "quant/network/lower.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"

namespace kirchhoff::quant {

Lowering::Lowering(const Graph& graph) : graph_(graph) {
  lowered_.network.name = graph.name();
  lowered_.network.image = graph.image();
  values_.push_back({{kImage}, std::nullopt});
}

std::string Lowering::where() const {
  return fmt::format("network {}: {} ({})", graph_.name(), node().name, node().op->kind());
}

Lowered Lowering::run() {
  for (const NodeId n : graph_.nodes().ids()) {
    at_ = n;
    if (value_of(n) != graph_.result() && graph_.readers(value_of(n)).empty()) {
      throw InputError(
          fmt::format("{}: nobody reads what it makes; only the last operator's map "
                      "leaves the network",
                      where()));
    }
    values_.push_back({});
    node().op->lower(*this);
  }
  if (lowered_.network.weight_layers().empty())
    throw InputError(fmt::format("network {}: has no operator with weights", graph_.name()));
  deliver_sums();
  lowered_.network.validate();
  for (const Stand& value : values_) lowered_.maps.push_back(value.maps);
  return std::move(lowered_);
}

// The host takes sums as they are. A network that ends with anything else hands its map through a
// stage that sums up one value at a time.
void Lowering::deliver_sums() {
  Network& network = lowered_.network;
  const Stand& result = values_.back();
  const Layer& last = network.layers.back();
  const bool whole = result.maps == std::vector<TensorId>{output_of(network.layers.last_id())};
  if (whole && last.function.is_none() && last.pool == 1 && last.residual.empty() &&
      last.kind != LayerKind::kMaximum) {
    return;
  }
  Layer layer;
  layer.name = last.name + ".out";
  layer.kind = LayerKind::kSum;
  layer.inputs = result.maps;
  layer.input = joined_shape(result.maps);
  layer.out_channels = layer.input.channels;
  layer.function = Function::none();
  network.layers.push_back(layer);
}

Layer& Lowering::begin(LayerKind kind, std::size_t i) {
  const std::vector<TensorId> read =
      stand(i).maps == std::vector<TensorId>{kImage} ? stand(i).maps : maps(i);
  Layer layer;
  layer.name = node().name;
  layer.kind = kind;
  layer.inputs = read;
  layer.input = joined_shape(read);
  layer.out_channels = layer.input.channels;
  layer.function = Function::none();
  lowered_.network.layers.push_back(layer);
  const LayerId made = lowered_.network.layers.last_id();
  values_.back() = {{output_of(made)}, made};
  return lowered_.network.layers.back();
}

Layer* Lowering::open(std::size_t i) {
  if (!stand(i).stage || graph_.readers(node().inputs[i]).size() != 1) return nullptr;
  return &lowered_.network.layers[*stand(i).stage];
}

Layer* Lowering::open_matrix() {
  Layer* const layer = open();
  const bool takes_factor = layer != nullptr && layer->has_weights() && layer->residual.empty() &&
                            layer->function.is_none() && layer->pool == 1;
  return takes_factor ? layer : nullptr;
}

void Lowering::extend(std::size_t i) { values_.back() = stand(i); }

bool Lowering::later(std::size_t i, std::size_t j) const {
  const auto newest = [](const Stand& s) {
    return *std::max_element(s.maps.begin(), s.maps.end());
  };
  return stand(i).stage && output_of(*stand(i).stage) > newest(stand(j));
}

std::vector<TensorId> Lowering::maps(std::size_t i) {
  std::vector<TensorId> found = stand(i).maps;
  std::replace_if(
      found.begin(), found.end(), [](TensorId map) { return map == kImage; },
      std::find(found.begin(), found.end(), kImage) == found.end() ? kImage : copy_of_image());
  return found;
}

std::vector<TensorId> Lowering::operand(std::size_t i) const {
  const std::vector<TensorId>& found = stand(i).maps;
  return std::find(found.begin(), found.end(), kImage) == found.end() ? found
                                                                      : std::vector<TensorId>{};
}

// Pixels may be read by a stage only by themselves: this one hands them on as any other map.
TensorId Lowering::copy_of_image() {
  if (!copy_of_image_) {
    Layer layer;
    layer.name = "image";
    layer.kind = LayerKind::kSum;
    layer.input = lowered_.network.image;
    layer.out_channels = layer.input.channels;
    layer.function = Function::none();
    lowered_.network.layers.push_back(layer);
    copy_of_image_ = output_of(lowered_.network.layers.last_id());
  }
  return *copy_of_image_;
}

Shape Lowering::joined_shape(const std::vector<TensorId>& maps) const {
  Shape shape = lowered_.network.shape_of(maps.front());
  shape.channels = 0;
  for (const TensorId map : maps) shape.channels += lowered_.network.shape_of(map).channels;
  return shape;
}

void Lowering::pass(std::size_t i) { values_.back() = stand(i); }

void Lowering::join() {
  Stand joined;
  for (std::size_t i = 0; i < inputs(); ++i) {
    const std::vector<TensorId> part = maps(i);
    joined.maps.insert(joined.maps.end(), part.begin(), part.end());
  }
  values_.back() = joined;
}

void Lowering::keep_parameters() {
  lowered_.parameters.push_back({at_, values_.back().stage.value()});
}

Lowered lower(const Graph& graph) { return Lowering(graph).run(); }

IndexedVector<LayerId, FloatLayer> fold(const Graph& graph, const Lowered& lowered,
                                        const IndexedVector<NodeId, Parameters>& parameters) {
  IndexedVector<LayerId, FloatLayer> layers(lowered.network.layers.size());
  for (const ParameterPlace& place : lowered.parameters) {
    const Layer& shape = lowered.network.layers[place.layer];
    FloatLayer& layer = layers[place.layer];
    if (layer.weights.empty() && shape.rows() == 1) {  // what only scales begins with ones
      layer.weights.assign(static_cast<std::size_t>(shape.weights()), 1.0f);
      layer.bias.assign(static_cast<std::size_t>(shape.out_channels), 0.0f);
    }
    graph.nodes()[place.node].op->fold(parameters.at(place.node), layer);
  }
  return layers;
}

}  // namespace kirchhoff::quant
