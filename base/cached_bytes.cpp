#include "base/cached_bytes.h"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "base/error.h"
#include "base/input_file.h"
#include "base/warning.h"

namespace kirchhoff {

std::optional<std::string> cached_bytes(const std::string& path, std::size_t most) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  try {
    return file_bytes(path, most);
  } catch (const InputError& refused) {
    warn(fmt::format("{}; computed anew", refused.what()));
    return std::nullopt;
  }
}

}  // namespace kirchhoff
