#include "hw/common/turns.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "hw/common/clock.h"

namespace kirchhoff::hw {

namespace {

constexpr std::uint64_t kMicrosecond = 1000000;  // of every clock it is a whole number of cycles

// Edges of all domains lie together every 1 us / g, where g divides all frequencies in MHz; the
// picoseconds of that must be whole, or the edges behind it were rounded differently.
std::uint64_t common_period_ps(const ClockConfig& clocks, const TileConfig& tile) {
  const std::uint64_t all = static_cast<std::uint64_t>(
      std::gcd(std::gcd(clocks.pe_mhz, clocks.tile_mhz), clocks.noc_mhz));
  const std::uint64_t period = kMicrosecond / std::gcd(all, kMicrosecond);
  // So that the beats of a synchronous pipeline lie as they lay in the turn before.
  const auto mhz = static_cast<std::uint64_t>(clocks.tile_mhz);
  const Cycle beat =
      std::max<Cycle>(1, Clock(clocks.tile_mhz).cycles_for(tile.stage.nanoseconds()));
  const Cycle cycles = period * mhz / kMicrosecond;
  return period * (beat / std::gcd(beat, cycles));
}

}  // namespace

Turns::Turns(const ClockConfig& clocks, const TileConfig& tile, std::function<void()> begin)
    : period_ps_(common_period_ps(clocks, tile)), begin_(std::move(begin)) {
  reset();
}

void Turns::reset() {
  next_.cancel();
  changed_.cancel();
  on_end = nullptr;
  parts_.assign(1, 1);
  images_ = image_ = under_way_ = 0;
}

void Turns::join(LayerLabel layer) {
  const std::size_t position = position_of(layer);
  parts_.resize(std::max(parts_.size(), position + 1), 0);
  ++parts_[position];
}

void Turns::begin(int images) {
  images_ = images;
  image_ = 0;
  position_ = 0;
  epoch_ps_ = now_ps();
  if (takes_place(position_)) {
    begin_turn();
  } else {
    next_.at(epoch_ps_);
  }
}

void Turns::begin_turn() {
  under_way_ = parts_[position_];
  begin_ps_ = now_ps();
  changed_.notify();
}

void Turns::wait_for(int image, std::size_t position) {
  while (under_way_ == 0 || image_ != image || position_ != position) changed_.wait();
}

void Turns::done() {
  if (--under_way_ > 0) return;
  const std::uint64_t periods = (now_ps() - epoch_ps_) / period_ps_ + 1;
  const std::uint64_t next_ps = epoch_ps_ + periods * period_ps_;
  if (on_end) {
    std::optional<LayerLabel> layer;
    if (position_ > 0) layer = LayerLabel{static_cast<int>(position_) - 1};
    on_end({layer, begin_ps_, next_ps});
  }
  next_.at(next_ps);
}

void Turns::next() {
  do {
    if (++position_ < parts_.size()) continue;
    position_ = 0;
    ++image_;
  } while (image_ < images_ && !takes_place(position_));
  if (over()) return;
  begin_();
  begin_turn();
}

}  // namespace kirchhoff::hw
