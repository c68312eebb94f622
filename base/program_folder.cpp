#include "base/program_folder.h"

#include <filesystem>
#include <system_error>

#include "base/error.h"

namespace kirchhoff {
namespace {

std::string& said() {
  static std::string folder;
  return folder;
}

}  // namespace

std::string program_folder() {
  if (!said().empty()) return said();
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) throw RunError("/proc/self/exe: cannot read: " + error.message());
  return program.parent_path().string();
}

void set_program_folder(const std::string& folder) { said() = folder; }

}  // namespace kirchhoff
