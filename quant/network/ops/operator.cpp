#include "quant/network/ops/operator.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "quant/network/ops/shipped_operators.h"

namespace kirchhoff::quant {

const std::vector<OperatorType>& operator_types() {
  static const std::vector<OperatorType> types = [] {
    std::vector<OperatorType> all = shipped_operators();
    std::sort(all.begin(), all.end(),
              [](const OperatorType& a, const OperatorType& b) { return a.kind < b.kind; });
    return all;
  }();
  return types;
}

const OperatorType* find_operator(const std::string& kind) {
  const auto& types = operator_types();
  const auto found = std::find_if(types.begin(), types.end(),
                                  [&](const OperatorType& type) { return type.kind == kind; });
  return found == types.end() ? nullptr : &*found;
}

const Shape& only_input(const std::vector<Shape>& inputs, const std::string& where) {
  if (inputs.size() != 1)
    throw InputError(fmt::format("{}: {} inputs: must be 1", where, inputs.size()));
  return inputs.front();
}

}  // namespace kirchhoff::quant
