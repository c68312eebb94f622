#include "agent/learning/adam.h"

#include <cmath>

#include "agent/learning/perceptron.h"
#include "base/binary_stream.h"

namespace kirchhoff::agent {

void Adam::step(std::vector<float>& parameters, const std::vector<float>& gradients) {
  constexpr float kMean = 0.9f, kSquare = 0.999f, kEpsilon = 1e-8f;
  mean_decay_ *= 0.9;
  square_decay_ *= 0.999;
  const auto rate = static_cast<float>(learning_rate_ / (1.0 - mean_decay_));
  const auto correction = static_cast<float>(1.0 / std::sqrt(1.0 - square_decay_));
  const std::size_t count = parameters.size();
  float *const parameter = parameters.data(), *const mean = mean_.data(),
               *const square = square_.data();
  const float* const gradient = gradients.data();
  for (std::size_t i = 0; i < count; ++i) {
    mean[i] = kMean * mean[i] + (1.0f - kMean) * gradient[i];
    square[i] = kSquare * square[i] + (1.0f - kSquare) * gradient[i] * gradient[i];
    parameter[i] -= rate * mean[i] / (std::sqrt(square[i]) * correction + kEpsilon);
  }
}

void Adam::save(std::ostream& out) const {
  write_value(out, mean_decay_);
  write_value(out, square_decay_);
  save_floats(out, mean_);
  save_floats(out, square_);
}

void Adam::load(std::istream& in) {
  mean_decay_ = read_value<double>(in);
  square_decay_ = read_value<double>(in);
  load_floats(in, mean_);
  load_floats(in, square_);
}

}  // namespace kirchhoff::agent
