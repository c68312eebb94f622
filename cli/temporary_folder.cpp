#include "cli/temporary_folder.h"

#include <cstdlib>
#include <filesystem>

#include "traces/error.h"

namespace kirchhoff::cli {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "kirchhoff-report-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw RunError(name + ": cannot create a folder");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace kirchhoff::cli
