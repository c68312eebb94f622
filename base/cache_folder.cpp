#include "base/cache_folder.h"

#include <cstdlib>

namespace kirchhoff {

std::string cache_folder() {
  const auto variable = [](const char* name) -> std::string {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
  };
  if (const std::string own = variable("KIRCHHOFF_CACHE"); !own.empty()) return own;
  if (const std::string xdg = variable("XDG_CACHE_HOME"); !xdg.empty()) return xdg + "/kirchhoff";
  if (const std::string home = variable("HOME"); !home.empty()) return home + "/.cache/kirchhoff";
  return "";
}

std::string cache_path(const std::string& name) {
  const std::string folder = cache_folder();
  return folder.empty() ? "" : folder + "/" + name;
}

}  // namespace kirchhoff
