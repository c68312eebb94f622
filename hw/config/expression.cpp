#include "hw/config/expression.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace kirchhoff::hw {

namespace {

/// How tightly an operator binds.
enum Binding { kAddition, kMultiplication, kPower, kAtom };

struct Style {
  const Bindings* numbers = nullptr;  ///< null: names
  bool in_parentheses = false;
  bool in_block = false;  ///< every block has numbers of its own
};

double sum_over_blocks(const Expression& of, const Bindings& names) {
  double sum = 0;
  for (const BlockShape& block : names.work->blocks) {
    Bindings inner = names;
    inner.block = &block;
    sum += of.value(inner);
  }
  return sum;
}

}  // namespace

class Expression::Node {
 public:
  virtual ~Node() = default;
  virtual double value(const Bindings& names) const = 0;
  virtual std::string text(const Style& style) const = 0;
  virtual Binding binding() const { return kAtom; }
  virtual void keys(std::vector<std::string>& all) const = 0;
  virtual bool is_left_out(const Style&) const { return false; }
  virtual bool is_reciprocal() const { return false; }
  virtual bool is_block_quantity() const { return false; }
};

namespace {

using Node = Expression::Node;

template <typename T, typename... Arguments>
Expression make(Arguments&&... arguments) {
  return Expression(std::make_shared<const T>(std::forward<Arguments>(arguments)...));
}

std::string enclosed(const Expression& e, const Style& style, Binding least) {
  const std::string text = e.node().text(style);
  return e.node().binding() < least ? "(" + text + ")" : text;
}

class Literal final : public Node {
 public:
  explicit Literal(const char* digits) : digits_(digits) {
    std::from_chars(digits_.data(), digits_.data() + digits_.size(), value_);
  }
  double value(const Bindings&) const override { return value_; }
  std::string text(const Style&) const override { return digits_; }
  void keys(std::vector<std::string>&) const override {}

 private:
  const std::string digits_;
  double value_ = 0;
};

class Key final : public Node {
 public:
  explicit Key(std::string key) : key_(std::move(key)) {}
  double value(const Bindings& names) const override { return names.keys.number(key_); }
  std::string text(const Style& style) const override {
    return style.numbers == nullptr ? key_ : fmt::format("{}", value(*style.numbers));
  }
  void keys(std::vector<std::string>& all) const override { all.push_back(key_); }

 private:
  const std::string key_;
};

class Quantity final : public Node {
 public:
  using Of = std::function<double(const Bindings&)>;
  Quantity(const char* name, Of of, std::vector<std::string> keys)
      : name_(name), of_(std::move(of)), keys_(std::move(keys)) {}
  double value(const Bindings& names) const override { return of_(names); }
  std::string text(const Style& style) const override {
    return style.numbers == nullptr ? name_ : fmt::format("{} {}", value(*style.numbers), name_);
  }
  void keys(std::vector<std::string>& all) const override {
    all.insert(all.end(), keys_.begin(), keys_.end());
  }

 private:
  const std::string name_;
  const Of of_;
  const std::vector<std::string> keys_;
};

class BlockQuantity final : public Node {
 public:
  BlockQuantity(const char* name, Quantity::Of of) : name_(name), of_(std::move(of)) {}
  double value(const Bindings& names) const override { return of_(names); }
  std::string text(const Style&) const override { return name_; }
  void keys(std::vector<std::string>&) const override {}
  bool is_block_quantity() const override { return true; }

 private:
  const std::string name_;
  const Quantity::Of of_;
};

class Addition final : public Node {
 public:
  Addition(Expression a, Expression b, bool minus)
      : a_(std::move(a)), b_(std::move(b)), minus_(minus) {}
  double value(const Bindings& names) const override {
    return minus_ ? a_.value(names) - b_.value(names) : a_.value(names) + b_.value(names);
  }
  std::string text(const Style& style) const override {
    return fmt::format("{} {} {}", a_.node().text(style), minus_ ? "-" : "+",
                       enclosed(b_, style, minus_ ? kMultiplication : kAddition));
  }
  Binding binding() const override { return kAddition; }
  void keys(std::vector<std::string>& all) const override {
    a_.node().keys(all);
    b_.node().keys(all);
  }

 private:
  const Expression a_, b_;
  const bool minus_;
};

class Product final : public Node {
 public:
  Product(Expression a, Expression b) : a_(std::move(a)), b_(std::move(b)) {}
  double value(const Bindings& names) const override { return a_.value(names) * b_.value(names); }
  std::string text(const Style& style) const override {
    const std::string right = enclosed(b_, style, kMultiplication);
    if (b_.node().is_left_out(style)) return a_.node().text(style);
    const std::string left = enclosed(a_, style, kMultiplication);
    return a_.node().is_reciprocal() ? right + left.substr(1) : left + " x " + right;
  }
  Binding binding() const override { return kMultiplication; }
  void keys(std::vector<std::string>& all) const override {
    const bool swapped = a_.node().is_reciprocal();
    (swapped ? b_ : a_).node().keys(all);
    (swapped ? a_ : b_).node().keys(all);
  }

 private:
  const Expression a_, b_;
};

class Quotient final : public Node {
 public:
  Quotient(Expression a, Expression b) : a_(std::move(a)), b_(std::move(b)) {}
  double value(const Bindings& names) const override { return a_.value(names) / b_.value(names); }
  std::string text(const Style& style) const override {
    return enclosed(a_, style, kMultiplication) + " / " + enclosed(b_, style, kPower);
  }
  Binding binding() const override { return kMultiplication; }
  void keys(std::vector<std::string>& all) const override {
    a_.node().keys(all);
    b_.node().keys(all);
  }

 private:
  const Expression a_, b_;
};

/// One operand: what is done to it, and how that reads.
class Unary : public Node {
 public:
  explicit Unary(Expression of) : of_(std::move(of)) {}
  double value(const Bindings& names) const override { return of_.value(names); }
  std::string text(const Style& style) const override { return of_.node().text(style); }
  Binding binding() const override { return of_.node().binding(); }
  void keys(std::vector<std::string>& all) const override { of_.node().keys(all); }

 protected:
  const Expression of_;
};

class Reciprocal final : public Unary {
 public:
  using Unary::Unary;
  double value(const Bindings& names) const override { return 1.0 / of_.value(names); }
  std::string text(const Style& style) const override {
    return "1 / " + enclosed(of_, style, kPower);
  }
  Binding binding() const override { return kMultiplication; }
  bool is_reciprocal() const override { return true; }
};

class PowerOfTwo final : public Unary {
 public:
  using Unary::Unary;
  double value(const Bindings& names) const override {
    return std::ldexp(1.0, static_cast<int>(of_.value(names)));
  }
  std::string text(const Style& style) const override { return "2^" + enclosed(of_, style, kAtom); }
  Binding binding() const override { return kPower; }
};

class RoundedUp final : public Unary {
 public:
  using Unary::Unary;
  double value(const Bindings& names) const override { return std::ceil(of_.value(names)); }
  std::string text(const Style& style) const override {
    return of_.node().text(style) + ", rounded up";
  }
};

class Labelled final : public Unary {
 public:
  Labelled(const Expression& of, const char* label) : Unary(of), label_(label) {}
  std::string text(const Style& style) const override {
    if (style.numbers == nullptr) return Unary::text(style);
    return fmt::format("{}{}{}", value(*style.numbers), label_.empty() ? "" : " ", label_);
  }

 private:
  const std::string label_;
};

class NoneIf final : public Unary {
 public:
  NoneIf(const Expression& of, Condition condition, const char* reason)
      : Unary(of), condition_(std::move(condition)), reason_(reason) {}
  double value(const Bindings& names) const override {
    return condition_(names) ? 0 : Unary::value(names);
  }
  std::string text(const Style& style) const override {
    if (style.numbers == nullptr) return Unary::text(style) + "; 0: " + reason_;
    return condition_(*style.numbers) ? reason_ : Unary::text(style);
  }

 private:
  const Condition condition_;
  const std::string reason_;
};

class OnlyIf final : public Unary {
 public:
  OnlyIf(const Expression& of, Condition condition) : Unary(of), condition_(std::move(condition)) {}
  double value(const Bindings& names) const override {
    return condition_(names) ? Unary::value(names) : 1;
  }
  bool is_left_out(const Style& style) const override {
    return style.numbers != nullptr && !condition_(*style.numbers);
  }

 private:
  const Condition condition_;
};

class Named final : public Unary {
 public:
  Named(const Expression& of, const char* name) : Unary(of), name_(name) {}
  std::string text(const Style& style) const override {
    const std::string inner = Unary::text({style.numbers, true, style.in_block});
    if (style.numbers == nullptr || style.in_block) return fmt::format("{} ({})", name_, inner);
    return fmt::format("{} {} ({})", value(*style.numbers), name_, inner);
  }
  Binding binding() const override { return kAtom; }

 private:
  const std::string name_;
};

class PerBlock final : public Unary {
 public:
  using Unary::Unary;
  double value(const Bindings& names) const override { return sum_over_blocks(of_, names); }
  std::string text(const Style& style) const override {
    const std::string inner = Unary::text({style.numbers, style.in_parentheses, true});
    if (style.numbers == nullptr) return inner + " of each block";
    const std::size_t blocks = style.numbers->work->blocks.size();
    if (of_.node().is_block_quantity())
      return fmt::format("{} {} in {} blocks", value(*style.numbers), inner, blocks);
    return fmt::format(style.in_parentheses ? "{}, sum over {} blocks" : "{} (sum over {} blocks)",
                       inner, blocks);
  }
};

class ShownSummed final : public Unary {
 public:
  using Unary::Unary;
  std::string text(const Style& style) const override {
    if (style.numbers == nullptr) return Unary::text(style);
    return fmt::format("{} {}", sum_over_blocks(of_, *style.numbers), Unary::text(style));
  }
};

}  // namespace

Expression::Expression(const char* key) : Expression(std::string(key)) {}
Expression::Expression(const std::string& key) : node_(std::make_shared<const Key>(key)) {}

double Expression::value(const Bindings& names) const { return node_->value(names); }
std::string Expression::text() const { return node_->text({}); }
std::string Expression::text(const Bindings& numbers) const { return node_->text({&numbers}); }

std::vector<std::string> Expression::keys() const {
  std::vector<std::string> all, once;
  node_->keys(all);
  for (const std::string& key : all)
    if (std::find(once.begin(), once.end(), key) == once.end()) once.push_back(key);
  return once;
}

std::string Expression::as_name() const { return enclosed(*this, {}, kAtom); }

Expression Expression::as(const char* label) const { return make<Labelled>(*this, label); }
Expression Expression::none_if(Condition condition, const char* reason) const {
  return make<NoneIf>(*this, std::move(condition), reason);
}
Expression Expression::only_if(Condition condition) const {
  return make<OnlyIf>(*this, std::move(condition));
}

Expression operator""_n(const char* digits) { return make<Literal>(digits); }

Expression operator+(const Expression& a, const Expression& b) {
  return make<Addition>(a, b, false);
}
Expression operator-(const Expression& a, const Expression& b) {
  return make<Addition>(a, b, true);
}
Expression operator*(const Expression& a, const Expression& b) { return make<Product>(a, b); }
Expression operator/(const Expression& a, const Expression& b) { return make<Quotient>(a, b); }
Expression reciprocal(const Expression& a) { return make<Reciprocal>(a); }
Expression two_to(const Expression& exponent) { return make<PowerOfTwo>(exponent); }
Expression rounded_up(const Expression& a) { return make<RoundedUp>(a); }

Expression amount(const char* name, std::function<double(const Bindings&)> of,
                  std::vector<std::string> keys) {
  return make<Quantity>(name, std::move(of), std::move(keys));
}
Expression block_amount(const char* name, std::function<double(const Bindings&)> of) {
  return make<BlockQuantity>(name, std::move(of));
}
Expression named(const char* name, const Expression& of) { return make<Named>(of, name); }
Expression per_block(const Expression& of) { return make<PerBlock>(of); }
Expression shown_summed(const Expression& of) { return make<ShownSummed>(of); }

Condition key_is(const char* key, const char* value) {
  return [key = std::string(key), value = std::string(value)](const Bindings& names) {
    return names.keys.is(key, value);
  };
}

}  // namespace kirchhoff::hw
