#include "quant/network/ops/flatten.h"

#include "quant/network/lower.h"
#include "quant/network/ops/attributes.h"

namespace kirchhoff::quant {
namespace {

class Flatten final : public Operator {
 public:
  std::string kind() const override { return "flatten"; }
  Shape output(const std::vector<Shape>& inputs, const std::string& where) const override {
    return {only_input(inputs, where).size(), 1, 1};
  }
  RealMap compute(const std::vector<const RealMap*>& inputs, const Parameters&) const override {
    return {output({inputs.front()->shape}, kind()), inputs.front()->values};
  }
  void lower(Lowering& lowering) const override { lowering.pass(); }
  nlohmann::ordered_json attributes() const override { return nlohmann::ordered_json::object(); }
};

std::shared_ptr<const Operator> read(const nlohmann::json&, const std::string&) {
  return flatten();
}

}  // namespace

std::shared_ptr<const Operator> flatten() { return std::make_shared<Flatten>(); }

std::vector<OperatorType> flatten_operators() {
  return {{"flatten", "all values of a map as channels", {}, read}};
}

}  // namespace kirchhoff::quant
