#include "quant/network/ops/max_pool.h"

#include <algorithm>

#include "quant/network/lower.h"
#include "quant/network/ops/attributes.h"
#include "quant/network/ops/windows.h"

namespace kirchhoff::quant {
namespace {

class MaxPool final : public Operator {
 public:
  MaxPool(const Sweep& sweep, bool ceil_mode) : sweep_(sweep), ceil_mode_(ceil_mode) {}

  std::string kind() const override { return "max_pool"; }

  Shape output(const std::vector<Shape>& inputs, const std::string& where) const override {
    const Layer layer = layer_for(only_input(inputs, where));
    check_layer(layer, where);
    return layer.convolved();
  }

  RealMap compute(const std::vector<const RealMap*>& inputs, const Parameters&) const override {
    const Layer layer = layer_for(inputs.front()->shape);
    RealMap out{layer.convolved(), {}};
    visit_windows(layer, *inputs.front(), [&](int, int, const std::vector<float>& window) {
      out.values.push_back(*std::max_element(window.begin(), window.end()));
    });
    return out;
  }

  // Windows side by side are the max-pool register's work: it keeps the largest as sums come.
  void lower(Lowering& lowering) const override {
    Layer* const before = lowering.open();
    if (before != nullptr && registers_do(lowering.input_shape()) &&
        before->kind != LayerKind::kMaximum && before->pool == 1 && before->function.monotone()) {
      before->pool = sweep_.kernel.height;
      lowering.extend();
      return;
    }
    Layer& layer = lowering.begin(LayerKind::kMaximum);
    set_windows(sweep_, layer);
    layer.ceil_mode = ceil_mode_;
  }

  nlohmann::ordered_json attributes() const override {
    nlohmann::ordered_json object;
    write_sweep(sweep_, true, object);
    if (ceil_mode_) object["ceil_mode"] = true;
    return object;
  }

 private:
  Layer layer_for(const Shape& input) const {
    return pool_layer(LayerKind::kMaximum, input, sweep_, ceil_mode_);
  }
  bool registers_do(const Shape& input) const {
    const Shape out = layer_for(input).convolved();
    const int side = sweep_.kernel.height;
    return sweep_.kernel.square() && sweep_.stride == sweep_.kernel &&
           sweep_.dilation == Extent(1) && sweep_.padding == Padding(0) &&
           out.height == input.height / side && out.width == input.width / side;
  }

  const Sweep sweep_;
  const bool ceil_mode_;
};

std::shared_ptr<const Operator> read(const nlohmann::json& object, const std::string& where) {
  return max_pool(read_sweep(object, where, true), flag(object, "ceil_mode", where));
}

}  // namespace

std::shared_ptr<const Operator> max_pool(const Sweep& sweep, bool ceil_mode) {
  return std::make_shared<MaxPool>(sweep, ceil_mode);
}

std::vector<OperatorType> max_pool_operators() {
  return {{"max_pool",
           "every channel's maximum over windows",
           {"kernel", "stride", "dilation", "padding", "ceil_mode"},
           read}};
}

}  // namespace kirchhoff::quant
