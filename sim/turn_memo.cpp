#include "sim/turn_memo.h"

#include <sstream>
#include <utility>

#include <fmt/format.h>

namespace kirchhoff::sim {

namespace {

constexpr int kNoLayer = -1;
/// A turn's line has some hundred bytes.
constexpr std::size_t kMaxBytes = std::size_t{1} << 28;

/// "3,1,4": comma after comma; false where something else stands between them.
template <typename Number>
bool read_numbers(const std::string& text, std::vector<Number>& numbers) {
  std::istringstream in(text);
  for (Number number{}; in >> number;) {
    numbers.push_back(number);
    if (in.peek() == EOF) return true;
    if (in.get() != ',') return false;
  }
  return false;
}

std::string memo_values(const TurnKey& key, const MeasuredTurn& turn) {
  std::string values = fmt::format("{} {} {},{},{},{}", fmt::join(key, ","),
                                   turn.layer ? index(*turn.layer) : kNoLayer, turn.duration_ps,
                                   turn.result_ps, turn.begin_cycle, turn.end_cycle);
  for (const auto& [layer, counts] : turn.counts)
    values += fmt::format(" {},{}", index(layer), fmt::join(counts, ","));
  return values;
}

}  // namespace

TurnMemo::TurnMemo(const std::string& path, const std::string& fingerprint)
    : file_(path, "kirchhoff-turns 1 " + fingerprint, kMaxBytes,
            [this](const std::string& values) { return take(values); }) {}

bool TurnMemo::take(const std::string& values) {
  std::istringstream fields(values);
  std::string key_text, times_text;
  int layer = kNoLayer;
  TurnKey key;
  std::vector<std::uint64_t> times;
  if (!(fields >> key_text >> layer >> times_text) || !read_numbers(key_text, key) ||
      !read_numbers(times_text, times) || times.size() != 4) {
    return false;
  }
  MeasuredTurn turn;
  if (layer != kNoLayer) turn.layer = quant::LayerId{layer};
  turn.duration_ps = times[0];
  turn.result_ps = times[1];
  turn.begin_cycle = times[2];
  turn.end_cycle = times[3];
  for (std::string text; fields >> text;) {
    ChargedCounts numbers;
    if (!read_numbers(text, numbers)) return false;
    const quant::LayerId of{static_cast<int>(numbers.front())};
    numbers.erase(numbers.begin());
    turn.counts.emplace_back(of, std::move(numbers));
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
