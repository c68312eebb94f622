#include "agent/learning/perceptron.h"

#include <algorithm>
#include <cmath>

#include "base/binary_stream.h"
#include "base/error.h"
#include "base/matrix_product.h"
#include "base/portable_math.h"

namespace kirchhoff::agent {
namespace {

std::size_t rows(const Rows& map) { return static_cast<std::size_t>(map.rows()); }

base::MatrixView view(const Rows& map) { return {map.data(), map.cols(), 1}; }

base::MatrixView view(const float* values, std::size_t columns) {
  return {values, static_cast<std::ptrdiff_t>(columns), 1};
}

}  // namespace

Rows rows_of(const std::vector<State>& states) {
  Rows result(states.size(), states.front().size());
  float* next = result.data();
  for (const State& state : states) {
    for (const double feature : state) *next++ = static_cast<float>(feature);
  }
  return result;
}

Perceptron::Perceptron(const std::vector<int>& sizes, Activation activation)
    : activation_(activation), maps_(sizes.size()) {
  std::size_t next = 0;
  for (std::size_t l = 0; l + 1 < sizes.size(); ++l) {
    Layer layer{};
    layer.inputs = static_cast<std::size_t>(sizes[l]);
    layer.outputs = static_cast<std::size_t>(sizes[l + 1]);
    layer.weights = next;
    layer.biases = layer.weights + layer.inputs * layer.outputs;
    next = layer.biases + layer.outputs;
    layers_.push_back(layer);
  }
  parameters_.resize(next);
  gradients_.resize(next);
}

void Perceptron::initialise_uniform(std::size_t layer, std::size_t first, std::size_t count,
                                    bool biases, Rng& rng) {
  const Layer& at = layers_.at(layer);
  const double bound = 1.0 / std::sqrt(static_cast<double>(count));
  const auto draw = [&] { return static_cast<float>(bound * (2.0 * rng.uniform() - 1.0)); };
  for (std::size_t o = 0; o < at.outputs; ++o) {
    for (std::size_t i = first; i < first + count; ++i) {
      parameters_[at.weights + i * at.outputs + o] = draw();
    }
  }
  if (!biases) return;
  for (std::size_t o = 0; o < at.outputs; ++o) parameters_[at.biases + o] = draw();
}

void Perceptron::initialise_uniform(std::size_t layer, Rng& rng) {
  initialise_uniform(layer, 0, layers_.at(layer).inputs, true, rng);
}

void Perceptron::initialise_orthogonal(std::size_t layer, double gain, Rng& rng) {
  const Layer& at = layers_.at(layer);
  // Inputs or outputs, whichever are fewer, become orthonormal: Gram-Schmidt on normal vectors.
  const bool many_outputs = at.outputs > at.inputs;
  const std::size_t vectors = std::min(at.inputs, at.outputs);
  const std::size_t length = std::max(at.inputs, at.outputs);
  std::vector<std::vector<double>> basis;
  while (basis.size() < vectors) {
    std::vector<double> next(length);
    for (double& value : next) value = rng.normal();
    for (const std::vector<double>& other : basis) {
      double product = 0.0;
      for (std::size_t i = 0; i < length; ++i) product += next[i] * other[i];
      for (std::size_t i = 0; i < length; ++i) next[i] -= product * other[i];
    }
    double square = 0.0;
    for (const double value : next) square += value * value;
    for (double& value : next) value /= std::sqrt(square);
    basis.push_back(std::move(next));
  }
  for (std::size_t o = 0; o < at.outputs; ++o) {
    for (std::size_t i = 0; i < at.inputs; ++i) {
      const double value = many_outputs ? basis[i][o] : basis[o][i];
      parameters_[at.weights + i * at.outputs + o] = static_cast<float>(gain * value);
    }
    parameters_[at.biases + o] = 0.0f;
  }
}

const Rows& Perceptron::forward(const Rows& inputs) {
  maps_.front() = inputs;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    Rows& map = maps_[l + 1];
    map.resize(inputs.rows(), static_cast<Eigen::Index>(layer.outputs));
    const float* const biases = parameters_.data() + layer.biases;
    for (std::size_t r = 0; r < rows(map); ++r) {
      std::copy_n(biases, layer.outputs, map.data() + r * layer.outputs);
    }
    base::matrix_product(rows(map), layer.inputs, layer.outputs, view(maps_[l]),
                         view(parameters_.data() + layer.weights, layer.outputs), map.data(),
                         layer.outputs, true);
    if (l + 1 == layers_.size()) break;
    if (activation_ == Activation::kTanh) {
      base::portable_tanh(map.data(), static_cast<std::size_t>(map.size()));
    } else {
      map = map.cwiseMax(0.0f);
    }
  }
  return maps_.back();
}

void Perceptron::backward(Rows output_gradients, Rows* input_gradients) {
  Rows gradients = std::move(output_gradients);
  for (std::size_t l = layers_.size(); l-- > 0;) {
    const Layer& layer = layers_[l];
    const Rows& entered = maps_[l];
    base::matrix_product(layer.inputs, rows(gradients), layer.outputs, view(entered).transposed(),
                         view(gradients), gradients_.data() + layer.weights, layer.outputs);
    float* const biases = gradients_.data() + layer.biases;
    std::fill_n(biases, layer.outputs, 0.0f);
    for (std::size_t r = 0; r < rows(gradients); ++r) {
      const float* const row = gradients.data() + r * layer.outputs;
      for (std::size_t o = 0; o < layer.outputs; ++o) biases[o] += row[o];
    }
    if (l == 0 && input_gradients == nullptr) return;
    Rows before(gradients.rows(), static_cast<Eigen::Index>(layer.inputs));
    base::matrix_product(rows(gradients), layer.outputs, layer.inputs, view(gradients),
                         view(parameters_.data() + layer.weights, layer.outputs).transposed(),
                         before.data(), layer.inputs);
    if (l == 0) {
      *input_gradients = std::move(before);
      return;
    }
    // What entered is what the activation made.
    if (activation_ == Activation::kTanh) {
      gradients = before.array() * (1.0f - entered.array() * entered.array());
    } else {
      gradients = (entered.array() > 0.0f).select(before.array(), 0.0f);
    }
  }
}

void save_floats(std::ostream& out, const std::vector<float>& values) { write_vector(out, values); }

void load_floats(std::istream& in, std::vector<float>& values) {
  const std::vector<float> read = read_vector<float>(in);
  if (read.size() != values.size()) throw InputError("the networks are of another size");
  values = read;
}

}  // namespace kirchhoff::agent
