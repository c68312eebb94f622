#include "agent/perceptron.h"

#include <cmath>
#include <cstdint>
#include <sstream>

#include "traces/error.h"

namespace kirchhoff::agent {

void initialise_uniform(torch::nn::Linear& linear, Rng& rng) {
  const torch::NoGradGuard no_grad;
  const double bound = 1.0 / std::sqrt(static_cast<double>(linear->weight.size(1)));
  for (const torch::Tensor& parameter : {linear->weight, linear->bias}) {
    float* const values = parameter.data_ptr<float>();
    for (std::int64_t i = 0; i < parameter.numel(); ++i) {
      values[i] = static_cast<float>(bound * (2.0 * rng.uniform() - 1.0));
    }
  }
}

void initialise_orthogonal(torch::nn::Linear& linear, double gain, Rng& rng) {
  const torch::NoGradGuard no_grad;
  const std::int64_t rows = linear->weight.size(0), columns = linear->weight.size(1);
  // Rows or columns, whichever are fewer, become orthonormal: Gram-Schmidt on normal vectors.
  const bool tall = rows > columns;
  const std::int64_t vectors = tall ? columns : rows, length = tall ? rows : columns;
  std::vector<std::vector<double>> basis;
  while (static_cast<std::int64_t>(basis.size()) < vectors) {
    std::vector<double> next(static_cast<std::size_t>(length));
    for (double& value : next) value = rng.normal();
    for (const std::vector<double>& other : basis) {
      double product = 0.0;
      for (std::size_t i = 0; i < next.size(); ++i) product += next[i] * other[i];
      for (std::size_t i = 0; i < next.size(); ++i) next[i] -= product * other[i];
    }
    double square = 0.0;
    for (const double value : next) square += value * value;
    for (double& value : next) value /= std::sqrt(square);
    basis.push_back(std::move(next));
  }
  float* const values = linear->weight.data_ptr<float>();
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) {
      const auto vector = static_cast<std::size_t>(tall ? c : r);
      const auto at = static_cast<std::size_t>(tall ? r : c);
      values[r * columns + c] = static_cast<float>(gain * basis[vector][at]);
    }
  }
  linear->bias.zero_();
}

torch::optim::Adam adam(const std::vector<torch::Tensor>& parameters, double learning_rate) {
  return torch::optim::Adam(
      parameters, torch::optim::AdamOptions(learning_rate).betas(std::make_tuple(0.9, 0.999)));
}

torch::Tensor tensor(const std::vector<State>& states) {
  const auto features = static_cast<std::int64_t>(states.front().size());
  const torch::Tensor result = torch::empty({static_cast<std::int64_t>(states.size()), features});
  float* next = result.data_ptr<float>();
  for (const State& state : states) {
    for (const double feature : state) *next++ = static_cast<float>(feature);
  }
  return result;
}

torch::Tensor tensor(const std::vector<double>& values) {
  const torch::Tensor result = torch::empty({static_cast<std::int64_t>(values.size())});
  float* next = result.data_ptr<float>();
  for (const double value : values) *next++ = static_cast<float>(value);
  return result;
}

std::string TorchArchive::bytes() {
  std::ostringstream stream;
  root_.save_to(stream);
  return stream.str();
}

TorchArchiveReader::TorchArchiveReader(const std::string& bytes) {
  std::istringstream stream(bytes);
  root_.load_from(stream);
}

void TorchArchiveReader::get(const char* key, torch::nn::Module& network) {
  torch::serialize::InputArchive archive;
  root_.read(key, archive);
  std::vector<std::vector<std::int64_t>> sizes;
  for (const torch::Tensor& parameter : network.parameters()) {
    sizes.push_back(parameter.sizes().vec());
  }
  network.load(archive);  // takes any size
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (network.parameters()[i].sizes() == sizes[i]) continue;
    throw InputError("the networks are of another size");
  }
}

void TorchArchiveReader::get(const char* key, torch::optim::Optimizer& optimizer) {
  torch::serialize::InputArchive archive;
  root_.read(key, archive);
  optimizer.load(archive);
}

}  // namespace kirchhoff::agent
