#include "base/line_memo.h"

#include <filesystem>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "base/cached_bytes.h"
#include "base/checksum.h"
#include "base/error.h"
#include "base/quote.h"
#include "base/warning.h"

namespace kirchhoff {

LineMemo::LineMemo(std::string path, std::string header, std::size_t most,
                   const std::function<bool(const std::string& values)>& take)
    : path_(std::move(path)), header_(std::move(header)) {
  if (path_.empty()) return;
  const std::string first = header_ + "\n";
  std::string kept = first;
  std::size_t damaged = 0;
  const std::optional<std::string> contents = cached_bytes(path_, most);
  if (contents && contents->compare(0, first.size(), first) == 0) {
    std::size_t begin = first.size();
    for (std::size_t end = 0; (end = contents->find('\n', begin)) != std::string::npos;
         begin = end + 1) {
      const std::string line = contents->substr(begin, end - begin + 1);
      const std::string values = line.substr(0, line.rfind(' '));
      if (line == line_of(values) && take(values)) {
        kept += line;
      } else {
        ++damaged;
      }
    }
  }
  if (damaged > 0) {
    warn(fmt::format("{}: {} damaged line{}; measured anew", shown_path(path_), damaged,
                     damaged == 1 ? "" : "s"));
  }
  // Without those, and without a last line that was cut short.
  if (contents == kept) return;
  try {
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), ignored);
    write_file_atomically(path_, kept);
  } catch (const RunError&) {
    // A cache that cannot be written costs time only.
  }
}

void LineMemo::append(const std::string& values) const {
  if (path_.empty()) return;
  const std::string line = line_of(values);
  const int file = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return;
  // One write, so that lines of several processes do not mix. A lost line costs time only.
  [[maybe_unused]] const auto written = ::write(file, line.data(), line.size());
  ::close(file);
}

// The checksum is over the header, too, so that a line that was copied from another file is
// noticed.
std::string LineMemo::line_of(const std::string& values) const {
  return fmt::format("{} {:08x}\n", values, crc32_of(values, crc32_of(header_)));
}

}  // namespace kirchhoff
