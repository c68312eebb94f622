#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace kirchhoff::cli {

/// How much of a search under way is done, by the episodes in its folder. Asked again and again it
/// reads only what is new.
class SearchShare {
 public:
  SearchShare(std::string folder, std::int64_t episodes)
      : log_(std::move(folder) + "/episodes.csv"), episodes_(episodes) {}

  /// In [0, 0.9]: the final stage and the test set are left when the last episode is over.
  double now();

 private:
  const std::string log_;
  const std::int64_t episodes_;
  std::uint64_t read_ = 0;
  std::int64_t lines_ = 0;
};

}  // namespace kirchhoff::cli
