#include "cosim/evaluator_json.h"

#include "quant/network/ops/attributes.h"

namespace kirchhoff::cosim {

using nlohmann::ordered_json;

namespace {

ordered_json shape_json(const quant::Shape& shape) {
  return {shape.channels, shape.height, shape.width};
}

}  // namespace

ordered_json cost_json(const PolicyCost& cost, const quant::Policy& policy) {
  return {{"latency_ns", cost.latency_ns},
          {"energy_pj", cost.energy_pj},
          {"power_rated_mw", cost.power_rated_mw},
          {"area_um2", cost.area_um2},
          {"latency_ratio", cost.latency_ratio},
          {"energy_ratio", cost.energy_ratio},
          {"power_ratio", cost.power_ratio},
          {"cost_ratio", cost.cost_ratio},
          {"crossbars", cost.crossbars},
          {"tiles", cost.tiles},
          {"mean_weight_bits", policy.mean_weight_bits()}};
}

ordered_json layers_json(const PolicyCost& cost) {
  ordered_json layers = ordered_json::array();
  for (const LayerCost& layer : cost.layers) {
    layers.push_back({{"name", layer.name},
                      {"weight_bits", layer.weight_bits},
                      {"activation_bits", layer.activation_bits},
                      {"latency_ns", layer.latency_ns},
                      {"energy_pj", layer.energy_pj},
                      {"power_rated_mw", layer.power_rated_mw},
                      {"area_um2", layer.area_um2},
                      {"crossbars", layer.crossbars},
                      {"pes", layer.pes},
                      {"tiles", layer.tiles}});
  }
  return layers;
}

ordered_json accuracy_json(const PolicyAccuracy& accuracy, Split split) {
  return {{"accuracy_pct", accuracy.accuracy_pct},
          {"w8a8_accuracy_pct", accuracy.w8a8_accuracy_pct},
          {"divergence_nats", accuracy.divergence},
          {"split", split == Split::kTest ? "test" : "validation"},
          {"images", accuracy.images}};
}

ordered_json network_json(const quant::Network& network) {
  ordered_json layers = ordered_json::array();
  for (const quant::Layer& layer : network.layers) {
    layers.push_back({{"name", layer.name},
                      {"kind", name_of(layer.kind)},
                      {"input", shape_json(layer.input)},
                      {"kernel", {layer.kernel_height, layer.kernel_width}},
                      {"stride", quant::json_of(layer.stride)},
                      {"padding", quant::json_of(layer.padding)},
                      {"pool", layer.pool},
                      {"output", shape_json(layer.output())},
                      {"weights", static_cast<long long>(layer.rows()) * layer.out_channels},
                      {"windows", layer.windows()},
                      {"macs", layer.macs()}});
  }
  return {{"network", network.name}, {"image", shape_json(network.image)}, {"layers", layers}};
}

}  // namespace kirchhoff::cosim
