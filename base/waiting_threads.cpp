#include "base/waiting_threads.h"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include <unistd.h>

namespace kirchhoff {

void let_waiting_threads_sleep(char** arguments) {
  constexpr const char* kPolicy = "OMP_WAIT_POLICY";
  if (std::getenv(kPolicy) != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr) return;
  // By its path, so that the process keeps its name.
  std::error_code error;
  const std::string program = std::filesystem::read_symlink("/proc/self/exe", error).string();
  if (error || setenv(kPolicy, "passive", 1) != 0) return;
  execv(program.c_str(), arguments);
}

}  // namespace kirchhoff
