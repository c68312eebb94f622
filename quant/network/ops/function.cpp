#include "quant/network/ops/function.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json_input.h"
#include "quant/network/lower.h"
#include "quant/network/ops/attributes.h"

namespace kirchhoff::quant {
namespace {

using Kind = Function::Kind;

/// Its name in a description, and its attributes.
struct Form {
  const char* kind;
  std::vector<std::pair<const char*, double Function::*>> numbers;
};

Form form_of(const Function& function) {
  switch (function.kind) {
    case Kind::kNone:
      return {"identity", {}};
    case Kind::kRelu:
      return {"relu", {}};
    case Kind::kClip:
      return {"clip", {{"low", &Function::low}, {"high", &Function::high}}};
    case Kind::kLeakyRelu:
      return {"leaky_relu", {{"slope", &Function::slope}}};
    case Kind::kHardSigmoid:
      return {"hard_sigmoid", {{"slope", &Function::slope}, {"offset", &Function::offset}}};
    case Kind::kHardSwish:
      return {"hard_swish", {}};
    case Kind::kSigmoid:
      return {"sigmoid", {}};
    case Kind::kTanh:
      return {"tanh", {}};
  }
  return {"identity", {}};
}

/// Where a function that only bounds its argument has its bounds.
std::optional<std::pair<double, double>> bounds_of(const Function& function) {
  constexpr double kNoBound = std::numeric_limits<double>::infinity();
  switch (function.kind) {
    case Kind::kNone:
      return {{-kNoBound, kNoBound}};
    case Kind::kRelu:
      return {{0.0, kNoBound}};
    case Kind::kClip:
      return {{function.low, function.high}};
    default:
      return std::nullopt;
  }
}

/// One function that does what both do, one behind the other, where there is one.
std::optional<Function> joined(const Function& function, const Function& next) {
  if (function.is_none()) return next;
  const auto first = bounds_of(function), second = bounds_of(next);
  if (!first || !second) return std::nullopt;
  const double lower = std::max(first->first, second->first);
  const double upper = std::min(first->second, second->second);
  if (lower >= upper) return std::nullopt;
  return std::isinf(upper) ? Function::relu() : Function::clip(lower, upper);
}

class Apply final : public Operator {
 public:
  explicit Apply(const Function& function) : function_(function) {}

  std::string kind() const override { return form_of(function_).kind; }
  Shape output(const std::vector<Shape>& inputs, const std::string& where) const override {
    return only_input(inputs, where);
  }
  RealMap compute(const std::vector<const RealMap*>& inputs, const Parameters&) const override {
    RealMap out = *inputs.front();
    for (float& value : out.values) value = static_cast<float>(function_(value));
    return out;
  }
  void lower(Lowering& lowering) const override {
    if (function_.is_none()) return lowering.pass();
    Layer* const before = lowering.open();
    const auto both = before == nullptr ? std::nullopt : joined(before->function, function_);
    if (both && (before->pool == 1 || function_.monotone())) {
      before->function = *both;
      lowering.extend();
    } else {
      lowering.begin(LayerKind::kSum).function = function_;
    }
  }
  nlohmann::ordered_json attributes() const override {
    auto object = nlohmann::ordered_json::object();
    for (const auto& [key, number] : form_of(function_).numbers) object[key] = function_.*number;
    return object;
  }

 private:
  const Function function_;
};

template <Kind kKind>
std::shared_ptr<const Operator> read(const nlohmann::json& object, const std::string& where) {
  Function function = Function::of(kKind);
  for (const auto& [key, number] : form_of(function).numbers)
    function.*number = number_member(object, key, where);
  if (kKind == Kind::kClip && function.low >= function.high) {
    throw InputError(fmt::format("{}: low = {}, high = {}: low must be below high", where,
                                 function.low, function.high));
  }
  return apply(function);
}

std::shared_ptr<const Operator> read_relu6(const nlohmann::json&, const std::string&) {
  return apply(Function::clip(0, 6));
}

template <Kind kKind>
OperatorType type(const char* summary) {
  const Form form = form_of(Function::of(kKind));
  OperatorType made{form.kind, summary, {}, read<kKind>};
  for (const auto& number : form.numbers) made.keys.emplace_back(number.first);
  return made;
}

}  // namespace

std::shared_ptr<const Operator> apply(const Function& function) {
  return std::make_shared<Apply>(function);
}

std::vector<OperatorType> function_operators() {
  return {type<Kind::kNone>("the map as it is"),
          type<Kind::kRelu>("max(x, 0)"),
          {"relu6", "min(max(x, 0), 6)", {}, read_relu6},
          type<Kind::kClip>("min(max(x, low), high)"),
          type<Kind::kLeakyRelu>("x, below zero slope x"),
          type<Kind::kHardSigmoid>("min(max(slope x + offset, 0), 1)"),
          type<Kind::kHardSwish>("x min(max(x / 6 + 1/2, 0), 1)"),
          type<Kind::kSigmoid>("1 / (1 + e^-x)"),
          type<Kind::kTanh>("tanh x")};
}

}  // namespace kirchhoff::quant
