#include "quant/network/ops/add.h"

#include <fmt/format.h>

#include "base/error.h"
#include "quant/network/lower.h"
#include "quant/network/ops/attributes.h"

namespace kirchhoff::quant {
namespace {

/// A stage whose sums can still take a second operand.
bool takes_operand(const Layer* layer) {
  return layer != nullptr && layer->kind != LayerKind::kMaximum && layer->residual.empty() &&
         layer->function.is_none() && layer->pool == 1;
}

class Add final : public Operator {
 public:
  std::string kind() const override { return "add"; }

  Shape output(const std::vector<Shape>& inputs, const std::string& where) const override {
    if (inputs.size() != 2)
      throw InputError(fmt::format("{}: {} inputs: must be 2", where, inputs.size()));
    if (inputs[0] != inputs[1]) {
      throw InputError(fmt::format("{}: maps of {} and {}: must have one shape", where,
                                   inputs[0].to_string(), inputs[1].to_string()));
    }
    return inputs[0];
  }

  RealMap compute(const std::vector<const RealMap*>& inputs, const Parameters&) const override {
    RealMap out = *inputs[0];
    for (std::size_t i = 0; i < out.values.size(); ++i) out.values[i] += inputs[1]->values[i];
    return out;
  }

  // The stage that comes later takes the map of the other into its sums. Where it cannot, a stage
  // of its own adds them.
  void lower(Lowering& lowering) const override {
    for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
      if (!lowering.later(i, 1 - i)) continue;
      Layer* const layer = lowering.open(i);
      if (!takes_operand(layer)) continue;
      const std::vector<TensorId> other = lowering.operand(1 - i);
      if (other.empty()) continue;
      layer->residual = other;
      lowering.extend(i);
      return;
    }
    const std::vector<TensorId> second = lowering.maps(1);
    lowering.begin(LayerKind::kSum, 0).residual = second;
  }

  nlohmann::ordered_json attributes() const override { return nlohmann::ordered_json::object(); }
};

std::shared_ptr<const Operator> read(const nlohmann::json&, const std::string&) { return add(); }

}  // namespace

std::shared_ptr<const Operator> add() { return std::make_shared<Add>(); }

std::vector<OperatorType> add_operators() {
  return {{"add", "the sum of two maps of one shape", {}, read}};
}

}  // namespace kirchhoff::quant
