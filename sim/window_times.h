#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "hw/config/identifiers.h"
#include "traces/event_sink.h"

namespace kirchhoff::sim {

/// What a tile does with a window, one after the other.
enum class WindowStage { kFetch, kMultiply, kDrain, kComplete };
constexpr std::size_t kWindowStages = 4;
/// "fetch", …
const char* window_stage_name(std::size_t stage);

/// When a stage began with a window and when it was done with it; waiting before it is not in it.
struct StageTime {
  std::uint64_t begin_ps = std::numeric_limits<std::uint64_t>::max(), end_ps = 0;
  bool happened() const { return begin_ps < end_ps; }
  void add(std::uint64_t begin, std::uint64_t end);
};
using WindowTime = std::array<StageTime, kWindowStages>;

/// Listens to the events of a run and keeps when each window of each tile was in each stage.
class WindowTimes : public EventWriter {
 public:
  /// Those of a tile, by window; empty for one that had none.
  const std::vector<WindowTime>& of(hw::TileId tile) const;

  void slice(const EventTrack& track, const char* name, std::uint64_t begin_ps,
             std::uint64_t end_ps, EventArgs args) noexcept override;
  void counter(const EventTrack&, std::uint64_t, double) noexcept override {}
  void packet(const PacketEnd&, const PacketEnd&, const char*, EventArgs) noexcept override {}
  void name_layers(const std::vector<std::string>&) override {}
  void describe(const std::string&, const std::string&, const std::string&) override {}
  const std::string& path() const override { return path_; }
  std::uint64_t bytes() const override { return 0; }
  std::uint64_t limit() const override { return std::numeric_limits<std::uint64_t>::max(); }
  bool full() const override { return false; }
  void close() override {}

 private:
  const std::string path_;  ///< none
  std::map<std::string, std::vector<WindowTime>> tiles_;
};

}  // namespace kirchhoff::sim
