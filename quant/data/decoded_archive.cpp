#include "quant/data/decoded_archive.h"

#include <cstdint>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/atomic_file.h"
#include "base/cache_folder.h"
#include "base/cached_bytes.h"
#include "base/checksum.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/warning.h"

namespace kirchhoff::quant {
namespace {

namespace fs = std::filesystem;

std::string hex(const Digest& digest) { return fmt::format("{:016x}", digest.value()); }

/// Four bytes, behind the member's own.
std::string checksum_of(std::string_view bytes) {
  const std::uint32_t crc = crc32_of(bytes);
  std::string text(sizeof crc, '\0');
  std::memcpy(text.data(), &crc, sizeof crc);
  return text;
}

}  // namespace

DecodedArchive::DecodedArchive(const std::string& path) : folder_(cache_folder()) {
  struct stat state = {};
  std::error_code error;
  const std::string canonical = fs::canonical(path, error).string();
  if (error || ::stat(canonical.c_str(), &state) != 0 || folder_.empty()) {
    folder_.clear();
    return;
  }
  Digest of_path;
  of_path.add(canonical.data(), canonical.size());
  of_path_ = hex(of_path);
  Digest of_state;
  for (const std::int64_t number :
       {std::int64_t{state.st_size}, static_cast<std::int64_t>(state.st_dev),
        static_cast<std::int64_t>(state.st_ino), std::int64_t{state.st_mtim.tv_sec},
        std::int64_t{state.st_mtim.tv_nsec}, std::int64_t{state.st_ctim.tv_sec},
        std::int64_t{state.st_ctim.tv_nsec}}) {
    of_state.add(&number, sizeof number);
  }
  of_state_ = hex(of_state);
}

std::string DecodedArchive::file(const std::string& member) const {
  return fmt::format("{}/decoded-{}-{}-{}", folder_, of_path_, of_state_, member);
}

std::optional<std::map<std::string, std::string>> DecodedArchive::members(
    const std::vector<std::string>& names, std::size_t size) const {
  if (folder_.empty()) return std::nullopt;
  std::map<std::string, std::string> found;
  for (const std::string& name : names) {
    constexpr std::size_t kChecksum = sizeof(std::uint32_t);
    std::optional<std::string> bytes = cached_bytes(file(name), size + kChecksum);
    if (!bytes) return std::nullopt;
    const std::string_view member = std::string_view(*bytes).substr(0, size);
    if (bytes->size() != size + kChecksum || bytes->substr(size) != checksum_of(member)) {
      warn(fmt::format("{}: damaged; decoded anew", file(name)));
      return std::nullopt;
    }
    bytes->resize(size);
    found[name] = std::move(*bytes);
  }
  return found;
}

void DecodedArchive::keep(const std::map<std::string, std::string>& members) const {
  if (folder_.empty()) return;
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) return;
  const std::string earlier = "decoded-" + of_path_ + "-";
  std::vector<fs::path> outdated;
  for (const auto& entry : fs::directory_iterator(folder_, error)) {
    const std::string name = entry.path().filename().string();
    if (name.compare(0, earlier.size(), earlier) == 0) outdated.push_back(entry.path());
  }
  for (const fs::path& path : outdated) fs::remove(path, error);
  try {
    for (const auto& [name, bytes] : members)
      write_file_atomically(file(name), bytes + checksum_of(bytes));
  } catch (const RunError& failed) {
    warn(fmt::format("{}; it will be decoded again", failed.what()));
  }
}

}  // namespace kirchhoff::quant
