#pragma once

#include <cstdint>

#include "hw/common/agenda.h"
#include "hw/common/clock.h"
#include "hw/common/turns.h"
#include "hw/config/chip_config.h"
#include "hw/controller/access.h"
#include "hw/controller/tile_account.h"
#include "hw/controller/tile_program.h"

namespace kirchhoff::hw {

struct ControllerCounters {
  std::uint64_t commands = 0;  ///< to components of the tile
  std::uint64_t windows = 0;   ///< completed
  Cycle begin = 0;             ///< cycle of the tile clock in which the first window was fetched
  Cycle end = 0;               ///< cycle in which the last window was handed on
  int buffer_rows = 0;         ///< most rows of the input map that lay in the buffer at a time
  int residual_rows = 0;       ///< likewise of the second operand
  int partial_windows = 0;     ///< most windows of partial sums that a group held at a time
};

/// Whether the tile runs, and who waits for its START.
struct RunState {
  explicit RunState(Agenda& agenda) : started(agenda), accepts(agenda) {}

  Event started;
  bool running = false;
  Event accepts;
  /// The program is decoded: packets may come in, also after the last window.
  bool accepting = false;
};

/// What the five sequences of a controller share. Outlives them.
struct SequenceContext {
  Agenda& agenda;
  const ChipConfig& config;
  const Clock& clock;
  const StageClock& stage;
  const TileProgram& program;
  RunState& state;
  ControllerCounters& counters;
  TileAccount& account;
  Turns* turns;  ///< null: nobody has turns
};

/// A sequence of the controller: a thread that begins anew with every START, or with what else it
/// begins with.
class Sequence {
 public:
  virtual ~Sequence() = default;

 protected:
  /// `account` is this sequence's own.
  Sequence(const SequenceContext& context, SequenceAccount& account)
      : Sequence(context, account, context.state.started) {}
  Sequence(const SequenceContext& context, SequenceAccount& account, Event& begin)
      : context_(context), account_(account), begin_(begin) {}
  /// From START to its last window.
  virtual void run() = 0;

  const TileProgram& program() const { return context_.program; }
  const LayerRegisters& layer() const { return context_.program.layer; }
  const WindowWalk& walk() const { return context_.program.walk; }
  int windows() const { return static_cast<int>(walk().total()); }
  /// This part of the tile has done what it has to do in the present turn, if window `n` was the
  /// last one of its image; something else at any time.
  void window_done(int n) const {
    if (context_.turns && (n + 1) % walk().windows() == 0) context_.turns->done();
  }

  const SequenceContext context_;
  SequenceAccount& account_;

 private:
  Event& begin_;
  Thread thread_{context_.agenda, [this] {
                   while (true) {
                     begin_.wait();
                     run();
                     account_.enter(Activity::kIdle);
                   }
                 }};
};

}  // namespace kirchhoff::hw
