#include "cosim/resources.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "base/error.h"
#include "base/program_folder.h"
#include "base/refusal.h"

namespace kirchhoff::cosim {

namespace fs = std::filesystem;

namespace {

/// `name` beside the program or, of an installed one, in `installed` as seen from the program.
std::string beside_program(const std::string& name, const fs::path& installed, const char* what) {
  std::error_code error;
  const fs::path folder = program_folder();
  const fs::path beside = folder / name;
  if (fs::exists(beside, error)) return beside.string();
  const fs::path other = (folder / installed / name).lexically_normal();
  if (fs::exists(other, error)) return other.string();
  throw RunError(
      fmt::format("the program's {} neither {} nor {}", what, beside.string(), other.string()));
}

}  // namespace

std::string resource_folder(const std::string& name) {
  return beside_program(name, fs::path("..") / "share" / "kirchhoff", (name + " are in").c_str());
}

std::string module_file(const std::string& name) {
  return beside_program(name, KIRCHHOFF_MODULE_DIR, "module is");
}

std::vector<std::string> resource_names(const std::string& folder, const std::string& extension) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(resource_folder(folder))) {
    const std::string file = entry.path().filename().string();
    if (file.size() <= extension.size()) continue;
    const std::size_t stem = file.size() - extension.size();
    if (file.compare(stem, extension.size(), extension) == 0) names.push_back(file.substr(0, stem));
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string resource_file(const std::string& folder, const std::string& name,
                          const std::string& extension, const std::string& flag) {
  // The name is compared, not appended to a path, so that it cannot lead out of the folder.
  const std::vector<std::string> names = resource_names(folder, extension);
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    std::string all;
    for (const std::string& known : names) all += (all.empty() ? "" : ", ") + known;
    refuse_option(flag, name, "must be one of " + all);
  }
  return (fs::path(resource_folder(folder)) / (name + extension)).string();
}

}  // namespace kirchhoff::cosim
