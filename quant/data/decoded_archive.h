#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kirchhoff::quant {

/// What was decoded from an archive, kept in the cache folder (base/cache_folder.h), a file per
/// member: decoding takes seconds, and every process would do it again. It is that archive's as
/// long as path, size, inode and the times of its last change, of which one cannot be set by hand,
/// are the same; what was kept of an earlier state is removed. Each file carries its checksum.
class DecodedArchive {
 public:
  explicit DecodedArchive(const std::string& path);

  /// The members `names`, each with exactly `size` bytes; nothing unless all are there undamaged.
  std::optional<std::map<std::string, std::string>> members(const std::vector<std::string>& names,
                                                            std::size_t size) const;
  /// Keeps members; a folder that cannot be written costs time only.
  void keep(const std::map<std::string, std::string>& members) const;

 private:
  std::string file(const std::string& member) const;
  std::string folder_, of_path_, of_state_;
};

}  // namespace kirchhoff::quant
