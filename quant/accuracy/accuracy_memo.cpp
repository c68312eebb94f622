#include "quant/accuracy/accuracy_memo.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "traces/atomic_file.h"
#include "traces/error.h"

namespace kirchhoff::quant {
namespace {

bool plausible(const Comparison& c) {
  return c.images > 0 && c.correct <= c.images && c.gained <= c.correct &&
         c.lost <= c.images - c.correct && std::isfinite(c.divergence_sum);
}

std::string memo_line(const std::string& policy, const Comparison& c) {
  // The shortest digits that give the same number again.
  return fmt::format("{} {} {} {} {} {}\n", policy, c.images, c.correct, c.gained, c.lost,
                     c.divergence_sum);
}

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
    : path_(std::move(path)), header_("kirchhoff-accuracy 2 " + std::move(fingerprint)) {
  if (path_.empty() || read()) return;
  try {
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), ignored);
    std::string contents = header_ + "\n";
    for (const auto& [key, comparison] : entries_) contents += memo_line(key.first, comparison);
    write_file_atomically(path_, contents);
  } catch (const RunError&) {
    // A cache that cannot be written costs time only.
  }
}

bool AccuracyMemo::read() {
  std::ifstream stream(path_);
  std::string line;
  if (!std::getline(stream, line) || line != header_) return false;
  while (std::getline(stream, line)) {
    // A line that was cut short: what stands before it is good, and the file is written anew.
    if (stream.eof()) return false;
    std::istringstream fields(line);
    std::string policy, rest;
    Comparison c;
    if (!(fields >> policy >> c.images >> c.correct >> c.gained >> c.lost >> c.divergence_sum) ||
        fields >> rest || !plausible(c)) {
      return false;
    }
    entries_[{policy, c.images}] = c;
  }
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
  const std::string line = memo_line(policy, c);
  const int file = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (file < 0) return;
  // One write, so that lines of several processes do not mix. A lost line costs time only.
  [[maybe_unused]] const auto written = ::write(file, line.data(), line.size());
  ::close(file);
}

}  // namespace kirchhoff::quant
