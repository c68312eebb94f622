#include "report/table_files.h"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "base/atomic_file.h"
#include "base/error.h"

namespace kirchhoff::report {

void write_tables(const std::string& folder, const std::vector<Table>& tables) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw RunError(fmt::format("{}: cannot create: {}", folder, error.message()));
  for (const Table& table : tables) {
    write_file_atomically(fmt::format("{}/{}.md", folder, table.name), table.markdown());
    write_file_atomically(fmt::format("{}/{}.csv", folder, table.name), table.csv());
  }
}

}  // namespace kirchhoff::report
