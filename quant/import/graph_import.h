#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "quant/import/constant.h"
#include "quant/import/onnx.h"
#include "quant/import/onnx_node.h"

namespace kirchhoff::quant {

/// A value of the graph as ONNX sees it.
struct ImportedMap {
  ValueId value{};
  Dims dims;             ///< the batch of one first, then channels, then rows and columns if any
  Padding zeros;         ///< that a Pad puts around it; whoever reads it has to take them in
  std::string padding;   ///< where that Pad is; empty: none
  float integers = 0;    ///< of what QuantizeLinear makes: the step; whoever reads it has to know
  std::string rounding;  ///< where that QuantizeLinear is; empty: none
  bool shared = false;   ///< read by more than one node, under this name or another
};

/// The map that stands for such a tensor: 2 to 4 sides with a batch of one.
std::optional<Shape> shape_of(const Dims& dims);
Dims dims_of(const Shape& shape, std::size_t rank);

/// The network while it grows: what the converters speak to. What they refuse is an InputError that
/// begins with where the node is.
class GraphImport {
 public:
  /// `readers`: how often every value of the model is read.
  GraphImport(const std::string& name, const ImportedMap& image, const std::string& image_name,
              std::map<std::string, int> readers);

  // Inputs of a node.
  bool is_constant(const OnnxNode& node, std::size_t i) const;
  std::shared_ptr<const Constant> constant(const OnnxNode& node, std::size_t i) const;
  const ImportedMap& map(const OnnxNode& node, std::size_t i) const;
  /// The same for who takes zeros around it.
  const ImportedMap& padded_map(const OnnxNode& node, std::size_t i) const;
  /// The same for who takes integers.
  const ImportedMap& integer_map(const OnnxNode& node, std::size_t i) const;
  /// A constant of `count` real numbers, of any sides.
  std::vector<float> numbers(const OnnxNode& node, std::size_t i, std::size_t count) const;
  /// A constant of integers.
  const std::vector<std::int64_t>& integers(const OnnxNode& node, std::size_t i) const;
  const Shape& shape(const ImportedMap& map) const { return graph_.shape(map.value); }

  // What a node makes.
  void define(const OnnxNode& node, ImportedMap map);
  void define(const OnnxNode& node, std::shared_ptr<const Constant> constant);
  void define_constant(const std::string& name, std::shared_ptr<const Constant> constant);
  /// An operator over maps, whose result has `rank` sides.
  void append(const OnnxNode& node, std::shared_ptr<const Operator> op,
              const std::vector<ValueId>& inputs, Parameters parameters, std::size_t rank);
  /// Adds numbers to the bias of the matrix that makes a map. False when there is none that nobody
  /// else reads.
  bool add_to_bias(const ImportedMap& map, const std::vector<float>& numbers);
  /// The newest map is rounded to integers of such steps.
  void round_newest(float step) { steps_.maps[graph_.result()] = step; }
  /// What `node` has made holds integers of such steps, not yet the numbers they stand for.
  void mark_integers(const OnnxNode& node, float step);
  /// The newest operator's weights are such integers, with a step for each output channel.
  void keep_steps(WeightSteps steps) {
    steps_.weights[maker_of(graph_.result())] = std::move(steps);
  }
  /// Leaves a node out: it hands on input 0.
  void leave_out(const OnnxNode& node, const std::string& reason);
  void note(const std::string& line) { notes_.push_back(line); }

  /// Of the model, by its values' names; null for a constant.
  const ImportedMap* find_map(const std::string& name) const;
  bool is_output(const std::string& name) const { return name == output_; }
  void set_output(const std::string& name) { output_ = name; }
  ImportedNetwork take(const std::string& where);

 private:
  using Value = std::variant<ImportedMap, std::shared_ptr<const Constant>>;
  const Value& value(const OnnxNode& node, std::size_t i) const;
  std::string free_name(const std::string& wanted);
  int readers(const std::string& name) const;

  Graph graph_;
  IndexedVector<NodeId, Parameters> parameters_;
  std::vector<std::string> notes_;
  FileSteps steps_;
  std::map<std::string, Value> values_;
  std::map<std::string, int> readers_;
  std::set<std::string> names_ = {"image"};
  std::string output_;
  std::size_t constant_values_ = 0;
};

/// A name as networks have them: letters, digits, '_', '-' and '.'.
std::string plain_name(const std::string& found, const std::string& otherwise);

}  // namespace kirchhoff::quant
