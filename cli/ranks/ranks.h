#pragma once

#include <string>

namespace kirchhoff::cli {

/// The processes that a launcher such as mpirun has started together, and messages among them.
/// Rank 0 hands out the work.
class Ranks {
 public:
  virtual ~Ranks() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  /// Messages between two ranks arrive in their order.
  virtual void send(int to, const std::string& message) = 0;
  /// One that has come, without waiting; false when there is none.
  virtual bool receive(int& from, std::string& message) = 0;
};

/// The only function of the module kirchhoff_mpi.so: its name, and what it is. It starts MPI, which
/// ends with the object; call it once.
inline constexpr const char* kRanksEntry = "kirchhoff_ranks";
using RanksEntry = Ranks*();

}  // namespace kirchhoff::cli
