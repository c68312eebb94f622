#include "sim/window_times.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include <fmt/format.h>

namespace kirchhoff::sim {
namespace {

/// The stage that a slice of a track belongs to; empty for waiting and for what is no stage.
std::optional<WindowStage> stage_of(std::string_view track, std::string_view name) {
  const auto waits = name.substr(0, 5) == "wait_";
  if (track == "controller.fetch" && !waits) return WindowStage::kFetch;
  if (track == "controller.drain" && !waits) return WindowStage::kDrain;
  if (track == "controller.complete" && !waits) return WindowStage::kComplete;
  // A PE multiplies from its first bit step to its last conversion.
  const auto ends_with = [&](std::string_view end) {
    return track.size() >= end.size() && track.substr(track.size() - end.size()) == end;
  };
  if (track.substr(0, 2) == "pe" && (ends_with(".read") || ends_with(".convert"))) {
    return WindowStage::kMultiply;
  }
  return std::nullopt;
}

}  // namespace

const char* window_stage_name(std::size_t stage) {
  constexpr std::array<const char*, kWindowStages> kNames = {"fetch", "multiply", "drain",
                                                             "complete"};
  return kNames[stage];
}

void StageTime::add(std::uint64_t begin, std::uint64_t end) {
  begin_ps = std::min(begin_ps, begin);
  end_ps = std::max(end_ps, end);
}

const std::vector<WindowTime>& WindowTimes::of(hw::TileId tile) const {
  static const std::vector<WindowTime> kNone;
  const auto found = tiles_.find(fmt::format("tile{}", index(tile)));
  return found == tiles_.end() ? kNone : found->second;
}

void WindowTimes::slice(const EventTrack& track, const char* name, std::uint64_t begin_ps,
                        std::uint64_t end_ps, EventArgs args) noexcept {
  const auto stage = stage_of(track.thread, name);
  if (!stage) return;
  for (const EventArg& arg : args) {
    if (std::string_view(arg.key) != "window" || arg.value < 0) continue;
    std::vector<WindowTime>& windows = tiles_[track.process];
    const auto number = static_cast<std::size_t>(arg.value);
    if (windows.size() <= number) windows.resize(number + 1);
    windows[number][static_cast<std::size_t>(*stage)].add(begin_ps, end_ps);
  }
}

}  // namespace kirchhoff::sim
