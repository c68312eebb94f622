#include "quant/network/ops/average_pool.h"

#include <numeric>

#include <fmt/format.h>

#include "base/error.h"
#include "quant/network/integer_network.h"
#include "quant/network/lower.h"
#include "quant/network/ops/attributes.h"
#include "quant/network/ops/windows.h"

namespace kirchhoff::quant {
namespace {

class AveragePool final : public Operator {
 public:
  explicit AveragePool(const AveragePoolAttributes& attributes) : a_(attributes) {}

  std::string kind() const override { return "average_pool"; }

  Shape output(const std::vector<Shape>& inputs, const std::string& where) const override {
    const Layer layer = layer_for(only_input(inputs, where));
    check_layer(layer, where);
    return layer.convolved();
  }

  RealMap compute(const std::vector<const RealMap*>& inputs, const Parameters&) const override {
    const Layer layer = layer_for(inputs.front()->shape);
    RealMap out{layer.convolved(), {}};
    visit_windows(layer, *inputs.front(), [&](int y, int x, const std::vector<float>& window) {
      const double sum = std::accumulate(window.begin(), window.end(), 0.0);
      out.values.push_back(static_cast<float>(sum / pixels_under(layer, y, x)));
    });
    return out;
  }

  void lower(Lowering& lowering) const override {
    Layer& layer = lowering.begin(LayerKind::kSum);
    set_windows(layer_for(layer.input).sweep(), layer);
    layer.ceil_mode = a_.ceil_mode;
    layer.average = true;
    layer.counts_padding = a_.counts_padding;
  }

  nlohmann::ordered_json attributes() const override {
    if (a_.global) return {{"global", true}};
    nlohmann::ordered_json object;
    write_sweep(a_.sweep, true, object);
    if (a_.ceil_mode) object["ceil_mode"] = true;
    if (a_.counts_padding) object["counts_padding"] = true;
    return object;
  }

 private:
  Layer layer_for(const Shape& input) const {
    Sweep sweep = a_.sweep;
    if (a_.global) sweep = {{input.height, input.width}, 1, 1, 0};
    Layer layer = pool_layer(LayerKind::kSum, input, sweep, a_.ceil_mode);
    layer.average = true;
    layer.counts_padding = a_.counts_padding;
    return layer;
  }

  const AveragePoolAttributes a_;
};

std::shared_ptr<const Operator> read(const nlohmann::json& object, const std::string& where) {
  AveragePoolAttributes a;
  a.global = flag(object, "global", where);
  if (a.global) {
    for (const char* key :
         {"kernel", "stride", "dilation", "padding", "ceil_mode", "counts_padding"}) {
      if (object.contains(key))
        throw InputError(fmt::format("{}: {}: says nothing where global is true", where, key));
    }
    return average_pool(a);
  }
  a.sweep = read_sweep(object, where, true);
  a.ceil_mode = flag(object, "ceil_mode", where);
  a.counts_padding = flag(object, "counts_padding", where);
  return average_pool(a);
}

}  // namespace

std::shared_ptr<const Operator> average_pool(const AveragePoolAttributes& attributes) {
  return std::make_shared<AveragePool>(attributes);
}

std::shared_ptr<const Operator> global_average_pool() {
  AveragePoolAttributes attributes;
  attributes.global = true;
  return average_pool(attributes);
}

std::vector<OperatorType> average_pool_operators() {
  return {{"average_pool",
           "every channel's mean over windows, or over the whole map",
           {"global", "kernel", "stride", "dilation", "padding", "ceil_mode", "counts_padding"},
           read}};
}

}  // namespace kirchhoff::quant
