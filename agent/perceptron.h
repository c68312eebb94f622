#pragma once

// The only header of this folder that includes LibTorch: for the sources of the agents' networks.
#include <string>
#include <vector>

#include <torch/torch.h>

#include "agent/binary_stream.h"
#include "agent/policy_space.h"
#include "agent/rng.h"

namespace kirchhoff::agent {

/// Draws weights and biases uniformly in +-1/sqrt(inputs), PyTorch's own default.
void initialise_uniform(torch::nn::Linear& linear, Rng& rng);
/// Orthogonal weights times `gain`, biases 0.
void initialise_orthogonal(torch::nn::Linear& linear, double gain, Rng& rng);

torch::optim::Adam adam(const std::vector<torch::Tensor>& parameters, double learning_rate);

/// States as rows.
torch::Tensor tensor(const std::vector<State>& states);
torch::Tensor tensor(const std::vector<double>& values);

/// Networks and optimisers as bytes, under names.
class TorchArchive {
 public:
  template <typename Part>
  void add(const char* key, const Part& part) {
    torch::serialize::OutputArchive archive(root_.compilation_unit());
    part.save(archive);
    root_.write(key, archive);
  }
  std::string bytes();

 private:
  torch::serialize::OutputArchive root_;
};

class TorchArchiveReader {
 public:
  explicit TorchArchiveReader(const std::string& bytes);
  /// InputError when a network of another size was written.
  void get(const char* key, torch::nn::Module& network);
  void get(const char* key, torch::optim::Optimizer& optimizer);

 private:
  torch::serialize::InputArchive root_;
};

/// Reads what write_string(out, networks.save()) wrote. InputError when the bytes hold no such
/// networks.
template <typename Networks>
void load_networks(std::istream& in, Networks& networks) {
  const std::string bytes = read_string(in);
  try {
    networks.load(bytes);
  } catch (const c10::Error&) {
    throw InputError("the networks' parameters are unreadable");
  }
}

}  // namespace kirchhoff::agent
