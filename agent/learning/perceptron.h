#pragma once

#include <cstddef>
#include <iosfwd>
#include <vector>

#include <Eigen/Core>

#include "agent/policy_space.h"
#include "base/rng.h"

namespace kirchhoff::agent {

/// Numbers in float32, an example of a batch per row.
using Rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Rows rows_of(const std::vector<State>& states);

enum class Activation { kTanh, kRelu };

/// A multilayer perceptron in float32: dense layers, an activation after all but the last, and the
/// gradients of all parameters by hand. Products are base::matrix_product's and every sum has the
/// order of a plain loop: all processors compute the same bits.
class Perceptron {
 public:
  /// `sizes`: the numbers of an input, of every hidden layer, of an output. Parameters are zero.
  Perceptron(const std::vector<int>& sizes, Activation activation);

  std::size_t layers() const { return layers_.size(); }
  /// Draws a layer's weights from its inputs [first, first + count) uniformly in +-1/sqrt(count),
  /// output by output, and after them its biases if `biases`: PyTorch's own default where the range
  /// is all of them.
  void initialise_uniform(std::size_t layer, std::size_t first, std::size_t count, bool biases,
                          Rng& rng);
  void initialise_uniform(std::size_t layer, Rng& rng);
  /// Orthogonal weights times `gain`, biases 0.
  void initialise_orthogonal(std::size_t layer, double gain, Rng& rng);

  /// The outputs for `inputs`; keeps what backward() needs.
  const Rows& forward(const Rows& inputs);
  /// From the gradient of a loss with respect to the outputs of the last forward(): fills
  /// gradients() and, if `input_gradients` is not null, those of the inputs.
  void backward(Rows output_gradients, Rows* input_gradients = nullptr);

  /// Layer by layer: weights, a row per input and a column per output, then biases.
  std::vector<float>& parameters() { return parameters_; }
  const std::vector<float>& parameters() const { return parameters_; }
  const std::vector<float>& gradients() const { return gradients_; }

 private:
  struct Layer {
    std::size_t inputs, outputs;
    std::size_t weights, biases;  ///< where they begin among the parameters
  };

  const Activation activation_;
  std::vector<Layer> layers_;
  std::vector<float> parameters_, gradients_;
  std::vector<Rows> maps_;  ///< what enters every layer, then the outputs
};

/// Writes and reads parameters; InputError when another number of them was written.
void save_floats(std::ostream& out, const std::vector<float>& values);
void load_floats(std::istream& in, std::vector<float>& values);

}  // namespace kirchhoff::agent
