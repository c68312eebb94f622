#pragma once

#include <cstddef>
#include <iosfwd>
#include <vector>

namespace kirchhoff::agent {

/// Adam with the usual constants (0.9, 0.999, 1e-8) over the parameters of one network, each
/// computed by itself: the same bits on every processor.
class Adam {
 public:
  Adam(std::size_t parameters, double learning_rate)
      : learning_rate_(learning_rate), mean_(parameters), square_(parameters) {}

  /// Moves `parameters` against `gradients`.
  void step(std::vector<float>& parameters, const std::vector<float>& gradients);

  void save(std::ostream& out) const;
  /// InputError when it served another number of parameters.
  void load(std::istream& in);

 private:
  const double learning_rate_;
  // Products, so that no power of theirs is asked of a library.
  double mean_decay_ = 1.0, square_decay_ = 1.0;
  std::vector<float> mean_, square_;
};

}  // namespace kirchhoff::agent
