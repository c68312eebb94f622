// The module's only entry: cli/ranks/ranks.h says what it is for. Plain MPI, of which nothing but
// pairs of blocking sends and probed receives is used.
#include <mpi.h>

#include "cli/ranks/ranks.h"

namespace kirchhoff::cli {
namespace {

constexpr int kTag = 1;

class MpiRanks final : public Ranks {
 public:
  MpiRanks() {
    ::MPI_Init(nullptr, nullptr);
    ::MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    ::MPI_Comm_size(MPI_COMM_WORLD, &size_);
  }
  ~MpiRanks() override { ::MPI_Finalize(); }

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  void send(int to, const std::string& message) override {
    ::MPI_Send(message.data(), static_cast<int>(message.size()), MPI_CHAR, to, kTag,
               MPI_COMM_WORLD);
  }

  bool receive(int& from, std::string& message) override {
    int there = 0, size = 0;
    MPI_Status status;
    ::MPI_Iprobe(MPI_ANY_SOURCE, kTag, MPI_COMM_WORLD, &there, &status);
    if (there == 0) return false;
    ::MPI_Get_count(&status, MPI_CHAR, &size);
    from = status.MPI_SOURCE;
    message.resize(static_cast<std::size_t>(size));
    ::MPI_Recv(message.data(), size, MPI_CHAR, from, kTag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    return true;
  }

 private:
  int rank_ = 0, size_ = 1;
};

}  // namespace
}  // namespace kirchhoff::cli

extern "C" kirchhoff::cli::Ranks* kirchhoff_ranks() { return new kirchhoff::cli::MpiRanks; }
