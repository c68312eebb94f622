#pragma once

#include <string>
#include <string_view>

#include <sys/types.h>

#include "base/temporary_folder.h"

namespace kirchhoff {

/// A value change dump on its way to an FST file, GTKWave's compressed form: `vcd2fst` (GTKWave)
/// reads it from a pipe while it grows and writes beside its temporary files, since it must be able
/// to go back in what it writes. The same dump gives the same bytes.
class FstConversion {
 public:
  /// Starts vcd2fst. RunError, beginning with `path`, the file that the user wants, when it cannot.
  explicit FstConversion(std::string path);
  /// Ends vcd2fst where finish() was not called.
  ~FstConversion();
  FstConversion(const FstConversion&) = delete;
  FstConversion& operator=(const FstConversion&) = delete;

  /// 0, or the system's error number: EPIPE when vcd2fst has ended.
  int write(std::string_view text) noexcept;
  /// After the last write: waits until vcd2fst is done, and says where the FST is; it is there as
  /// long as this object. RunError when vcd2fst failed.
  std::string finish();

 private:
  int wait() noexcept;

  const std::string path_;
  const TemporaryFolder folder_;
  pid_t program_ = -1;  ///< -1: there is none
  int input_ = -1;      ///< of the program
};

}  // namespace kirchhoff
