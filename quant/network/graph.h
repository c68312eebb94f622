#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/indexed.h"
#include "quant/network/ops/operator.h"
#include "quant/network/shape.h"

namespace kirchhoff::quant {

/// An operator in its place in a graph.
enum class NodeId : int {};

/// A map that operators read: the image is 0, what node n makes is n + 1.
enum class ValueId : int {};
inline constexpr ValueId kImageValue{0};
constexpr ValueId value_of(NodeId node) { return ValueId{index(node) + 1}; }
/// Of a value that is not the image.
constexpr NodeId maker_of(ValueId value) { return NodeId{index(value) - 1}; }

struct Node {
  std::string name;
  std::shared_ptr<const Operator> op;
  std::vector<ValueId> inputs;
};

/// A network as people write it: operators over maps, in topological order. What the last node
/// makes is the result. lower() makes a Network of it.
class Graph {
 public:
  Graph(std::string name, const Shape& image) : name_(std::move(name)), shapes_{image} {}

  const std::string& name() const { return name_; }
  const Shape& image() const { return shapes_[kImageValue]; }
  const IndexedVector<NodeId, Node>& nodes() const { return nodes_; }
  const Shape& shape(ValueId value) const { return shapes_[value]; }
  ValueId result() const { return shapes_.last_id(); }
  /// "image", or the name of the node that makes it.
  std::string name_of(ValueId value) const {
    return value == kImageValue ? "image" : nodes_[maker_of(value)].name;
  }
  /// Nodes that read a value, each as often as it does.
  std::vector<NodeId> readers(ValueId value) const;

  /// Appends a node that reads the result so far. InputError, beginning with `where`, when the
  /// operator does not take such maps.
  ValueId append(const std::string& node, std::shared_ptr<const Operator> op,
                 const std::string& where = "");
  /// The same with other inputs.
  ValueId append(const std::string& node, std::shared_ptr<const Operator> op,
                 const std::vector<ValueId>& inputs, const std::string& where = "");

 private:
  std::string name_;
  IndexedVector<NodeId, Node> nodes_;
  IndexedVector<ValueId, Shape> shapes_;
};

}  // namespace kirchhoff::quant
