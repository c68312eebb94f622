#pragma once

#include <optional>
#include <string>
#include <vector>

#include "quant/network/graph.h"
#include "quant/network/network.h"

namespace kirchhoff::quant {

/// The stage that a node's parameters went to.
struct ParameterPlace {
  NodeId node{};
  LayerId layer{};
};

/// The stages of a graph.
struct Lowered {
  Network network;
  std::vector<ParameterPlace> parameters;  ///< in the order in which they are folded
  /// What stands for every value of the graph: a value inside a stage has the stage's map.
  IndexedVector<ValueId, std::vector<TensorId>> maps;
};

/// Fuses the operators of a graph to stages: a matrix or a reduction over windows, then a second
/// operand, a function and max-pooling as far as nobody else reads what lies between. A stage is
/// named after the operator that begins it. InputError names an operator that cannot be had.
Lowered lower(const Graph& graph);

/// The stages' parameters, made of those of the graph's nodes (Operator::fold()).
IndexedVector<LayerId, FloatLayer> fold(const Graph& graph, const Lowered& lowered,
                                        const IndexedVector<NodeId, Parameters>& parameters);

/// The stages while they grow: what an operator's lower() speaks to.
class Lowering {
 public:
  explicit Lowering(const Graph& graph);
  Lowered run();

  // Of the node at hand.
  const Graph& graph() const { return graph_; }
  const Shape& input_shape(std::size_t i = 0) const { return graph_.shape(node().inputs.at(i)); }
  Shape output_shape() const { return graph_.shape(value_of(at_)); }
  std::size_t inputs() const { return node().inputs.size(); }
  /// "network x: pool1 (max_pool)"
  std::string where() const;

  /// A new stage that reads input `i` (its map is joined where it is a concatenation); it makes the
  /// node's value. No function follows yet.
  Layer& begin(LayerKind kind, std::size_t i = 0);
  /// The stage that makes input `i`, when nobody but this node reads that; null otherwise. What is
  /// added to it makes the node's value once extend() is called.
  Layer* open(std::size_t i = 0);
  void extend(std::size_t i = 0);
  /// That stage of input 0 when what scales and shifts a channel can go into its weights and
  /// biases.
  Layer* open_matrix();
  /// Whether the stage of input `i` comes after that of input `j`: the one that can take the other
  /// as its second operand.
  bool later(std::size_t i, std::size_t j) const;
  /// The maps of input `i`. The image becomes a stage of its own, the newest one.
  std::vector<TensorId> maps(std::size_t i);
  /// The same for a stage that is there already: none when the image would have to come after it.
  std::vector<TensorId> operand(std::size_t i) const;
  /// The node's value is its input under another shape.
  void pass(std::size_t i = 0);
  /// The node's value is its inputs, channel after channel.
  void join();
  /// The node's parameters belong to its stage.
  void keep_parameters();

 private:
  /// What stands for a value of the graph.
  struct Stand {
    std::vector<TensorId> maps;
    std::optional<LayerId> stage;  ///< whose map it is
  };
  const Node& node() const { return graph_.nodes()[at_]; }
  const Stand& stand(std::size_t i) const { return values_[node().inputs.at(i)]; }
  TensorId copy_of_image();
  Shape joined_shape(const std::vector<TensorId>& maps) const;
  void deliver_sums();

  const Graph& graph_;
  NodeId at_{};
  IndexedVector<ValueId, Stand> values_;
  std::optional<TensorId> copy_of_image_;
  Lowered lowered_;
};

}  // namespace kirchhoff::quant
