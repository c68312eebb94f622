#include "traces/file_text.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "traces/error.h"

namespace kirchhoff {

std::string file_text(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    throw InputError(fmt::format("{}: is a folder, not a file", path));
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw InputError(fmt::format("{}: cannot open: {}", path, std::strerror(errno)));
  std::ostringstream text;
  // An empty file puts nothing into `text`, which sets its failbit; only the source matters.
  text << stream.rdbuf();
  if (stream.bad()) throw InputError(fmt::format("{}: cannot read", path));
  return text.str();
}

}  // namespace kirchhoff
