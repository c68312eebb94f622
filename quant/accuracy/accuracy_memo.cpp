#include "quant/accuracy/accuracy_memo.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <sstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "base/cached_bytes.h"
#include "base/checksum.h"
#include "base/error.h"
#include "base/quote.h"
#include "base/warning.h"

namespace kirchhoff::quant {
namespace {

bool plausible(const Comparison& c) {
  return c.images > 0 && c.correct <= c.images && c.gained <= c.correct &&
         c.lost <= c.images - c.correct && std::isfinite(c.divergence_sum);
}

/// A line without its checksum.
std::string memo_values(const std::string& policy, const Comparison& c) {
  // The shortest digits that give the same number again.
  return fmt::format("{} {} {} {} {} {}", policy, c.images, c.correct, c.gained, c.lost,
                     c.divergence_sum);
}

/// Over the header, too, so that a line that was copied from another file is noticed.
std::string checksum(const std::string& header, const std::string& values) {
  return fmt::format("{:08x}", crc32_of(values, crc32_of(header)));
}

std::string memo_line(const std::string& header, const std::string& policy, const Comparison& c) {
  const std::string values = memo_values(policy, c);
  return fmt::format("{} {}\n", values, checksum(header, values));
}

/// A search of 100,000 policies leaves 10 MB.
constexpr std::size_t kMaxBytes = std::size_t{1} << 28;

}  // namespace

double Comparison::pct() const {
  return images == 0 ? 0.0 : 100.0 * static_cast<double>(correct) / static_cast<double>(images);
}

double Comparison::divergence() const {
  return images == 0 ? 0.0 : divergence_sum / static_cast<double>(images);
}

double Comparison::loss_points() const {
  if (images == 0) return 0.0;
  return 100.0 * (static_cast<double>(lost) - static_cast<double>(gained)) /
         static_cast<double>(images);
}

double Comparison::error_points() const {
  if (images == 0) return 0.0;
  const auto n = static_cast<double>(images);
  const double mean = loss_points() / 100.0;
  return 100.0 * std::sqrt(std::max(0.0, static_cast<double>(lost + gained) / n - mean * mean) / n);
}

Comparison& Comparison::operator+=(const Comparison& other) {
  images += other.images;
  correct += other.correct;
  gained += other.gained;
  lost += other.lost;
  divergence_sum += other.divergence_sum;
  return *this;
}

AccuracyMemo::AccuracyMemo(std::string path, std::string fingerprint)
    : path_(std::move(path)), header_("kirchhoff-accuracy 3 " + std::move(fingerprint)) {
  if (path_.empty() || read()) return;
  try {
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), ignored);
    std::string contents = header_ + "\n";
    for (const auto& [key, comparison] : entries_)
      contents += memo_line(header_, key.first, comparison);
    write_file_atomically(path_, contents);
  } catch (const RunError&) {
    // A cache that cannot be written costs time only.
  }
}

bool AccuracyMemo::read() {
  const std::optional<std::string> contents = cached_bytes(path_, kMaxBytes);
  if (!contents || contents->compare(0, header_.size() + 1, header_ + "\n") != 0) return false;
  std::size_t damaged = 0;
  std::size_t begin = header_.size() + 1;
  for (std::size_t end = 0; (end = contents->find('\n', begin)) != std::string::npos;) {
    if (!read_line(contents->substr(begin, end - begin))) ++damaged;
    begin = end + 1;
  }
  if (damaged > 0) {
    warn(fmt::format("{}: {} damaged line{}; measured anew", shown_path(path_), damaged,
                     damaged == 1 ? "" : "s"));
  }
  // Without those and without a last line that was cut short the file is written anew.
  return damaged == 0 && begin == contents->size();
}

bool AccuracyMemo::read_line(const std::string& line) {
  const std::size_t space = line.rfind(' ');
  if (space == std::string::npos ||
      line.substr(space + 1) != checksum(header_, line.substr(0, space))) {
    return false;
  }
  std::istringstream fields(line.substr(0, space));
  std::string policy, rest;
  Comparison c;
  if (!(fields >> policy >> c.images >> c.correct >> c.gained >> c.lost >> c.divergence_sum) ||
      fields >> rest || !plausible(c)) {
    return false;
  }
  entries_[{policy, c.images}] = c;
  return true;
}

std::optional<Comparison> AccuracyMemo::find(const std::string& policy, std::size_t images) const {
  const auto entry = entries_.find({policy, images});
  if (entry == entries_.end()) return std::nullopt;
  return entry->second;
}

void AccuracyMemo::store(const std::string& policy, const Comparison& c) {
  entries_[{policy, c.images}] = c;
  if (path_.empty()) return;
  const std::string line = memo_line(header_, policy, c);
  const int file = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return;
  // One write, so that lines of several processes do not mix. A lost line costs time only.
  [[maybe_unused]] const auto written = ::write(file, line.data(), line.size());
  ::close(file);
}

}  // namespace kirchhoff::quant
