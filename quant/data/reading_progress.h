#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>

#include "base/progress.h"
#include "base/stop_request.h"

namespace kirchhoff::quant {

/// How far the reading of a file of images is, in megabytes of what it holds, where that takes
/// longer than anybody waits without asking.
class ReadingProgress {
 public:
  ReadingProgress(const std::string& path, std::size_t bytes)
      : line_("reading " + std::filesystem::path(path).filename().string(), "MB",
              bytes / kMegabyte) {
    line_.wait(std::chrono::milliseconds(500));
  }
  /// `bytes` have been read. Gives up when the user has asked for that.
  void update(std::size_t bytes) {
    give_up_if_stopped();
    line_.update(bytes / kMegabyte, "");
  }

 private:
  static constexpr std::size_t kMegabyte = 1'000'000;
  Progress line_;
};

}  // namespace kirchhoff::quant
