#include "cli/options/shard_option.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <numeric>

#include <fmt/format.h>

#include "base/refusal.h"

namespace kirchhoff::cli {
namespace {

constexpr int kMostShards = 100000;

bool parse(const std::string& text, int& value) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && stop == end;
}

std::optional<int> number_in(const char* variable) {
  const char* const text = std::getenv(variable);
  int value = 0;
  if (text == nullptr || !parse(text, value)) return std::nullopt;
  return value;
}

/// Of an array such as 0-9:3 or 1,5,7 only where a shard begins follows from its number, so that
/// gaps do no harm.
std::optional<Shard> place_in_slurm_array() {
  const auto id = number_in("SLURM_ARRAY_TASK_ID"), count = number_in("SLURM_ARRAY_TASK_COUNT");
  if (!id || !count || *count < 1 || *count > kMostShards) return std::nullopt;
  const int first = number_in("SLURM_ARRAY_TASK_MIN").value_or(0);
  const int step = std::max(1, number_in("SLURM_ARRAY_TASK_STEP").value_or(1));
  const int place = (*id - first) / step % *count;
  return Shard{(place + *count) % *count + 1, *count};
}

}  // namespace

std::string Shard::name() const { return fmt::format("shard {}/{}", index, count); }

ShardOption::ShardOption(Options& options) {
  options.text("shard", text_, "i/n", "this is the i-th of n processes that share DIR");
}

std::optional<Shard> ShardOption::shard() const {
  if (text_.empty()) return place_in_slurm_array();
  Shard shard;
  const std::size_t slash = text_.find('/');
  if (slash == std::string::npos || !parse(text_.substr(0, slash), shard.index) ||
      !parse(text_.substr(slash + 1), shard.count) || shard.index < 1 ||
      shard.index > shard.count || shard.count > kMostShards) {
    refuse_option(
        "shard", text_,
        fmt::format("must be i/n with i from 1 to n and n at most {}, such as 2/4", kMostShards));
  }
  return shard;
}

std::vector<std::size_t> shard_order(const Shard& shard, std::size_t count) {
  const auto shards = static_cast<std::size_t>(shard.count);
  const auto own = static_cast<std::size_t>(shard.index - 1);
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return (a % shards + shards - own) % shards < (b % shards + shards - own) % shards;
  });
  return order;
}

}  // namespace kirchhoff::cli
