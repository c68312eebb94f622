#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "quant/network/graph.h"
#include "quant/network/ops/add.h"
#include "quant/network/ops/average_pool.h"
#include "quant/network/ops/concat.h"
#include "quant/network/ops/convolution.h"
#include "quant/network/ops/function.h"
#include "quant/network/ops/linear.h"
#include "quant/network/ops/max_pool.h"

namespace kirchhoff::quant {

/// Writes graphs the way that papers tell them. What a call makes is the last value; a function
/// named after its layer follows it as LAYER.relu and so on.
class Builder {
 public:
  Builder(const std::string& name, const Shape& image) : graph_(name, image) {}

  ValueId last() const { return graph_.result(); }
  /// Of the value that the next call reads.
  const Shape& shape() const { return graph_.shape(source()); }
  Graph take() { return std::move(graph_); }

  Builder& from(ValueId value) {
    from_ = value;
    return *this;
  }
  Builder& convolution(const std::string& name, int out_channels, int kernel, int padding = 0,
                       int stride = 1, int groups = 1) {
    return add_node(name, quant::convolution({out_channels, {kernel, stride, 1, padding}, groups}));
  }
  /// A group per channel.
  Builder& depthwise(const std::string& name, int kernel, int padding, int stride) {
    const int channels = graph_.shape(source()).channels;
    return add_node(name, quant::depthwise(channels, {kernel, stride, 1, padding}));
  }
  Builder& linear(const std::string& name, int outputs) {
    return add_node(name, quant::linear(outputs));
  }
  Builder& relu() { return function("relu", Function::relu()); }
  Builder& relu6() { return function("relu6", Function::clip(0, 6)); }
  Builder& function(const std::string& what, const Function& function) {
    return add_node(graph_.nodes().back().name + "." + what, apply(function));
  }
  Builder& max_pool(const std::string& name, int kernel, int stride, int padding = 0,
                    bool ceil_mode = false) {
    return add_node(name, quant::max_pool({kernel, stride, 1, padding}, ceil_mode));
  }
  /// Side by side.
  Builder& max_pool(int side) { return max_pool(graph_.nodes().back().name + ".pool", side, side); }
  Builder& global_average(const std::string& name) { return add_node(name, global_average_pool()); }
  /// The last value plus another one.
  Builder& add(const std::string& name, ValueId other) {
    graph_.append(name, quant::add(), {source(), other});
    return reset();
  }
  /// Any operator of one input.
  Builder& node(const std::string& name, std::shared_ptr<const Operator> op) {
    return add_node(name, std::move(op));
  }
  Builder& concat(const std::string& name, const std::vector<ValueId>& parts) {
    graph_.append(name, quant::concat(), parts);
    return reset();
  }

 private:
  ValueId source() const { return from_ ? *from_ : last(); }
  Builder& add_node(const std::string& name, std::shared_ptr<const Operator> op) {
    graph_.append(name, std::move(op), std::vector<ValueId>{source()});
    return reset();
  }
  Builder& reset() {
    from_.reset();
    return *this;
  }

  Graph graph_;
  std::optional<ValueId> from_;
};

}  // namespace kirchhoff::quant
