#include "quant/accuracy/accuracy_memo.h"

#include <cmath>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>

namespace kirchhoff::quant {
namespace {

bool plausible(const Comparison& c) {
  return c.images > 0 && c.correct <= c.images && c.gained <= c.correct &&
         c.lost <= c.images - c.correct && std::isfinite(c.divergence_sum);
}

/// As a line of the file, with the shortest digits that give the same number again.
std::string memo_values(const std::string& policy, const Comparison& c) {
  return fmt::format("{} {} {} {} {} {}", policy, c.images, c.correct, c.gained, c.lost,
                     c.divergence_sum);
}

/// A search of 100,000 policies leaves 10 MB.
constexpr std::size_t kMaxBytes = std::size_t{1} << 28;

/// Policy and comparison of a line; none when it makes no sense.
std::optional<std::pair<std::string, Comparison>> parsed(const std::string& values) {
  std::istringstream fields(values);
  std::string policy, rest;
  Comparison c;
  if (!(fields >> policy >> c.images >> c.correct >> c.gained >> c.lost >> c.divergence_sum) ||
      fields >> rest || !plausible(c)) {
    return std::nullopt;
  }
  return std::pair{policy, c};
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
    : file_(std::move(path), "kirchhoff-accuracy 3 " + std::move(fingerprint), kMaxBytes,
            [this](const std::string& values) { return take(values); }) {}

bool AccuracyMemo::take(const std::string& values) {
  const auto entry = parsed(values);
  if (entry) entries_[{entry->first, entry->second.images}] = {entry->second, true};
  return entry.has_value();
}

std::optional<Comparison> AccuracyMemo::find(const std::string& policy, std::size_t images) const {
  const auto entry = entries_.find({policy, images});
  if (entry == entries_.end()) return std::nullopt;
  return entry->second.value;
}

void AccuracyMemo::learn(const std::string& values) {
  const auto entry = parsed(values);
  if (!entry) throw std::logic_error("AccuracyMemo::learn: " + values);
  store(entry->first, entry->second);
}

std::vector<std::string> AccuracyMemo::values_of(const std::string& policy) const {
  std::vector<std::string> values;
  for (auto entry = entries_.lower_bound({policy, 0});
       entry != entries_.end() && entry->first.first == policy; ++entry) {
    values.push_back(memo_values(policy, entry->second.value));
  }
  return values;
}

void AccuracyMemo::store(const std::string& policy, const Comparison& comparison) {
  Entry& entry = entries_[{policy, comparison.images}];
  entry.value = comparison;
  if (!files_ || entry.filed) return;
  file_.append(memo_values(policy, comparison));
  entry.filed = true;
}

}  // namespace kirchhoff::quant
