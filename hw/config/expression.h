#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hw/config/allocation.h"

namespace kirchhoff::hw {

/// What the keys of a configuration stand for.
class KeyValues {
 public:
  virtual ~KeyValues() = default;
  /// Of a numeric key, in the key's unit.
  virtual double number(const std::string& key) const = 0;
  /// Whether a key that is a name, true or false has this value.
  virtual bool is(const std::string& key, const std::string& value) const = 0;
};

/// What a layer, or a tile's share of one, has to do in a run.
struct Work {
  double windows = 0;  ///< of all images
  int copies = 1;      ///< of the weights, which share out the windows; of one: the tile's own
  int weight_bits = 0, activation_bits = 0;
  int rows = 0, columns = 0;  ///< of the layer's unrolled weight matrix
  int pool = 1;
  bool last = false;               ///< the layer delivers its accumulators
  bool whole_layer = false;        ///< not the share of one tile
  double slices = 0;               ///< of every block
  std::vector<BlockShape> blocks;  ///< of one copy
};

/// What the names in an expression stand for. An expression that names keys only needs neither
/// allocation nor work.
struct Bindings {
  const KeyValues& keys;
  const Allocation* allocation = nullptr;
  const Work* work = nullptr;
  const BlockShape* block = nullptr;  ///< of the work, inside per_block()
};

using Condition = std::function<bool(const Bindings&)>;
Condition key_is(const char* key, const char* value);

/// A formula over keys of the configuration, amounts of an allocation and numbers of a layer's
/// work, written with operators. It is evaluated for costs and printed for people, so that what a
/// report, `explain` and docs/costs.md say cannot differ.
class Expression {
 public:
  class Node;
  explicit Expression(std::shared_ptr<const Node> node) : node_(std::move(node)) {}
  /// A key of the configuration.
  Expression(const char* key);  // NOLINT(google-explicit-constructor): "adc.bits" reads as it means
  Expression(const std::string& key);  // NOLINT(google-explicit-constructor)

  double value(const Bindings& names) const;
  /// Over names: "0.1 x (0.19488 x adc.bits + 4.2005e-4 x 2^adc.bits) x clock.pe_mhz / 1000".
  std::string text() const;
  /// With numbers: "784 windows x 4 bit steps x 6 slices x 6 columns (sum over 1 blocks)".
  std::string text(const Bindings& numbers) const;
  /// Every key that it names, once, in the order in which they appear.
  std::vector<std::string> keys() const;
  /// text(), in parentheses unless it is a single name.
  std::string as_name() const;

  /// The same with its number shown as "8 ADCs"; with "" as "8".
  Expression as(const char* label) const;
  /// 0 where the condition holds, for a reason.
  Expression none_if(Condition condition, const char* reason) const;
  /// As a factor: 1, and not shown, where the condition does not hold.
  Expression only_if(Condition condition) const;

  const Node& node() const { return *node_; }

 private:
  std::shared_ptr<const Node> node_;
};

/// A number as it is written: 4.2005e-4_n.
Expression operator""_n(const char* digits);

Expression operator+(const Expression& a, const Expression& b);
Expression operator-(const Expression& a, const Expression& b);
Expression operator*(const Expression& a, const Expression& b);
Expression operator/(const Expression& a, const Expression& b);
/// 1 / a, which as a left factor is printed as a division: reciprocal(b) * a is "a / b".
Expression reciprocal(const Expression& a);
/// 2^exponent, of whole exponents.
Expression two_to(const Expression& exponent);
Expression rounded_up(const Expression& a);

/// An amount with a name: "pairs".
Expression amount(const char* name, std::function<double(const Bindings&)> of,
                  std::vector<std::string> keys = {});
/// The same of one block, inside per_block() only.
Expression block_amount(const char* name, std::function<double(const Bindings&)> of);
/// `of`, for readers who know it by a name: "used cells (2 arrays x …)".
Expression named(const char* name, const Expression& of);
/// Summed over the blocks of the work.
Expression per_block(const Expression& of);
/// Inside per_block(): a block quantity that is shown as its sum over all blocks.
Expression shown_summed(const Expression& of);

}  // namespace kirchhoff::hw
