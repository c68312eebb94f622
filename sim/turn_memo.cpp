#include "sim/turn_memo.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace kirchhoff::sim {

namespace {

constexpr int kNoLayer = -1;
/// A turn's line has some hundred bytes, that of a turn of all layers some thousand.
constexpr std::size_t kMaxBytes = std::size_t{1} << 26;

/// "3,1,4": comma after comma; false where something else stands between them.
template <typename Number>
bool read_numbers(std::string_view text, std::vector<Number>& numbers) {
  for (const char *at = text.data(), *const end = at + text.size();; ++at) {
    Number number{};
    const auto [behind, error] = std::from_chars(at, end, number);
    if (error != std::errc()) return false;
    numbers.push_back(number);
    if (behind == end) return true;
    if (*behind != ',') return false;
    at = behind;
  }
}

/// The part of `text` before the next blank, which is taken away with it.
std::string_view next_field(std::string_view& text) {
  const std::string_view field = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(text.size(), field.size() + 1));
  return field;
}

std::string memo_values(const TurnKey& key, const MeasuredTurn& turn) {
  std::string values =
      fmt::format("{} {},{},{}", fmt::join(key, ","), turn.layer ? index(*turn.layer) : kNoLayer,
                  turn.duration_ps, turn.result_ps);
  for (const LayerCounts& layer : turn.layers) {
    values += fmt::format(" {},{:d},{},{},{}", index(layer.layer), layer.own, layer.begin_cycle,
                          layer.end_cycle, fmt::join(layer.counts, ","));
  }
  return values;
}

}  // namespace

TurnMemo::TurnMemo(const std::string& path, const std::string& fingerprint)
    : file_(path, "kirchhoff-turns 2 " + fingerprint, kMaxBytes,
            [this](const std::string& values) { return take(values); }) {}

bool TurnMemo::take(const std::string& values) {
  std::string_view fields = values;
  TurnKey key;
  std::vector<std::int64_t> head;
  if (!read_numbers(next_field(fields), key) || !read_numbers(next_field(fields), head) ||
      head.size() != 3) {
    return false;
  }
  MeasuredTurn turn;
  if (head[0] != kNoLayer) turn.layer = quant::LayerId{static_cast<int>(head[0])};
  turn.duration_ps = static_cast<std::uint64_t>(head[1]);
  turn.result_ps = static_cast<std::uint64_t>(head[2]);
  while (!fields.empty()) {
    constexpr std::size_t kBeforeCounts = 4;
    std::vector<std::uint64_t> numbers;
    if (!read_numbers(next_field(fields), numbers) || numbers.size() < kBeforeCounts) return false;
    turn.layers.push_back({quant::LayerId{static_cast<int>(numbers[0])},
                           numbers[1] != 0,
                           numbers[2],
                           numbers[3],
                           {numbers.begin() + kBeforeCounts, numbers.end()}});
  }
  turns_.emplace(std::move(key), std::move(turn));
  return true;
}

const MeasuredTurn* TurnMemo::find(const TurnKey& key) const {
  const auto found = turns_.find(key);
  return found == turns_.end() ? nullptr : &found->second;
}

void TurnMemo::store(const TurnKey& key, MeasuredTurn turn) {
  file_.append(memo_values(key, turn));
  turns_.emplace(key, std::move(turn));
}

}  // namespace kirchhoff::sim
