#pragma once

#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "quant/network/shape.h"

namespace kirchhoff::quant {

class Lowering;

/// A map of real numbers: channel, row, column.
struct RealMap {
  Shape shape;
  std::vector<float> values;
};

/// What an operator has learnt, in the order in which it names them (Operator::parameters()).
using Parameters = std::vector<std::vector<float>>;

/// Trained float parameters of one stage. Empty without weights.
struct FloatLayer {
  std::vector<float> weights;  ///< out_channels x rows(), each row in the order of Layer::rows()
  std::vector<float> bias;     ///< out_channels
};

/// A parameter of an operator: its name and how many numbers it has.
struct ParameterSize {
  std::string name;
  std::size_t count = 0;
};

/// A kind of layer with its attributes. Everything that is to be known of the kind stands in its
/// file pair: the shape rule, how it is read and written, what it computes, what it becomes on the
/// chip. No place outside names it.
class Operator {
 public:
  virtual ~Operator() = default;

  /// As descriptions name it: "convolution".
  virtual std::string kind() const = 0;
  /// The map that it makes of maps of these shapes. InputError, beginning with `where`, says which
  /// rule they break.
  virtual Shape output(const std::vector<Shape>& inputs, const std::string& where) const = 0;
  /// What it learns, for inputs of these shapes.
  virtual std::vector<ParameterSize> parameters(const std::vector<Shape>& /*inputs*/) const {
    return {};
  }
  /// The operator in real numbers: plain loops, obviously right.
  virtual RealMap compute(const std::vector<const RealMap*>& inputs,
                          const Parameters& parameters) const = 0;
  /// Adds what it has learnt to the parameters of the stage that it became a part of; what came
  /// before it in that stage has been added already. A stage of its own begins with weights of 1.
  virtual void fold(const Parameters& /*parameters*/, FloatLayer& /*layer*/) const {}
  /// Adds itself to the stages of a network.
  virtual void lower(Lowering& lowering) const = 0;
  /// Its attributes as a description writes them, kind and inputs left out.
  virtual nlohmann::ordered_json attributes() const = 0;
};

/// How descriptions become operators: one for every kind.
struct OperatorType {
  std::string kind;
  std::string summary;            ///< one line
  std::vector<std::string> keys;  ///< of its attributes in a description
  /// From the object of a description, whose keys have been checked; errors begin with `where`.
  std::shared_ptr<const Operator> (*read)(const nlohmann::json& object, const std::string& where);
};

/// All kinds, by name. The files of this folder make themselves known: FILE.cpp holds a function
/// `std::vector<OperatorType> FILE_operators()`.
const std::vector<OperatorType>& operator_types();
/// One of them; null for an unknown kind.
const OperatorType* find_operator(const std::string& kind);

/// One map of one shape, for operators that take one.
const Shape& only_input(const std::vector<Shape>& inputs, const std::string& where);

}  // namespace kirchhoff::quant
