#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "hw/common/agenda.h"
#include "hw/config/chip_config.h"
#include "hw/config/identifiers.h"

namespace kirchhoff::hw {

/// Layers one after another (chip.schedule = sequential): image by image first the host has its
/// turn, then every layer in the order of the labels. A turn begins on an edge that all clock
/// domains share, with nothing under way and every arbiter as after a reset. So what happens in a
/// turn depends on the program of the tiles that take part, and on nothing before it: the costs of
/// a layer are a function of its own (sim/turn_costs.h).
///
/// A turn ends when nothing of it is under way: who takes part has done his part, and every message
/// has been handled by whoever received it.
class Turns {
 public:
  /// `begin` makes the chip ready for a turn.
  Turns(const ClockConfig& clocks, const TileConfig& tile, std::function<void()> begin);

  /// No turns until begin().
  void reset();
  /// One part of a tile of `layer` takes part in the layer's turns. Before begin().
  void join(LayerLabel layer);
  /// The host's turn, the first of `images` times all turns, is now.
  void begin(int images);

  /// Waits, in a thread, for the turn of the host, of a layer.
  void wait_for_host(int image) { wait_for(image, 0); }
  void wait_for(LayerLabel layer, int image) { wait_for(image, position_of(layer)); }

  /// A message is under way from now on.
  void sent() { ++under_way_; }
  /// A message has been handled; who takes part has done his part.
  void done();

  /// One that is over.
  struct Turn {
    std::optional<LayerLabel> layer;  ///< none: the host's
    std::uint64_t begin_ps = 0;
    std::uint64_t next_ps = 0;  ///< when the next one begins, or would
  };
  /// Hears of every turn at its end, when nothing is under way. Empty: costs nothing.
  std::function<void(const Turn&)> on_end;

  /// The host has no turns, until reset(): the image is taken to be where it belongs.
  void leave_out_host() { parts_.front() = 0; }
  /// All turns are over.
  bool over() const { return image_ == images_; }

  /// Edges on which turns may begin are this far apart, in picoseconds.
  std::uint64_t period_ps() const { return period_ps_; }

 private:
  static std::size_t position_of(LayerLabel layer) {
    return 1 + static_cast<std::size_t>(index(layer));
  }
  void wait_for(int image, std::size_t position);
  bool takes_place(std::size_t position) const { return parts_[position] > 0; }
  void begin_turn();
  void next();

  const std::shared_ptr<Agenda> agenda_ = Agenda::of_kernel();
  const std::uint64_t period_ps_;
  const std::function<void()> begin_;
  Event changed_{*agenda_};
  TimedMethod next_{*agenda_, [this] { next(); }};
  std::vector<int> parts_;  ///< that take part in a turn: the host's, then those of the labels
  int images_ = 0, image_ = 0;
  std::size_t position_ = 0;                   ///< of the present turn
  int under_way_ = 0;                          ///< parts and messages; 0: no turn
  std::uint64_t epoch_ps_ = 0, begin_ps_ = 0;  ///< of the run; of the present turn
};

}  // namespace kirchhoff::hw
