#pragma once

#include <stdexcept>
#include <string>

namespace kirchhoff {

/// The input is wrong: a config, a policy, a dataset, a model file or a command line. The message
/// is one line that names where, what was found and what is allowed. The program exits with 2.
class InputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The run failed although its input was fine: a simulation that did not finish, outputs that
/// differ from the golden inference, a disk that is full. The program exits with 1.
class RunError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace kirchhoff
