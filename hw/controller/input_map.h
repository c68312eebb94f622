#pragma once

#include <optional>

#include "hw/common/agenda.h"
#include "hw/common/probe.h"
#include "hw/common/timeline.h"
#include "hw/controller/input_tracker.h"
#include "hw/controller/tile_account.h"
#include "hw/controller/tile_program.h"

namespace kirchhoff::hw {

/// From receive to fetch, and back to the producers: which pixels of the stream have come, and
/// which rows of the eDRAM buffer, a ring, may be written again.
class InputMap {
 public:
  /// `name`: of its level in waveforms and its counter in the timeline.
  InputMap(Agenda& agenda, const Tracer* tracer, const sc_core::sc_object& controller,
           const char* name)
      : arrived_(agenda),
        rows_probe_(Probe::level(tracer, controller, name, 16)),
        rows_gauge_(tracer, controller, name, "rows") {}
  /// A map that comes for every image in `streams` streams, and a ring of `buffer_rows` of its
  /// rows.
  struct Sizes {
    int streams = 0, images = 1, height = 0, width = 0, buffer_rows = 0;
    RowPattern rows;      ///< of an image's map that come
    int rows_before = 0;  ///< before the first of them
  };
  void reset(const Sizes& sizes);
  /// As if all of it had come: for runs of sizes in which its producers have no turn.
  void assume_complete() { assumed_ = true; }

  /// `count` pixels of `row`, both counted over the stream, lie in the buffer.
  void arrive(int stream, int first_pixel, int count, int row, const Arrival& arrival);
  /// Pixels that have come from all streams, counted over the stream of images.
  int complete() const { return assumed_ ? all_pixels_ : pixels_.complete(); }
  void wait_for(int pixels) {
    while (complete() < pixels) arrived_.wait();
  }
  /// Of the pixels that came last.
  const Arrival& last_arrival() const { return last_arrival_; }
  /// No later window needs the rows before `row`. Returns how many rows the producers may send from
  /// now on, counted over the stream, if those are more than before.
  std::optional<int> free_rows_before(long long row);
  /// Most rows that lay in the buffer at a time.
  int most_rows() const { return most_rows_; }

 private:
  Event arrived_;
  InputTracker pixels_;
  Arrival last_arrival_;
  int all_pixels_ = 0;  ///< of the stream
  bool assumed_ = false;
  int buffer_rows_ = 0, most_rows_ = 0;
  long long all_rows_ = 0;      ///< of the stream
  long long allowed_rows_ = 0;  ///< that the producers may send
  long long freed_rows_ = 0;
  long long newest_row_ = 0;  ///< one behind the last row that pixels have come of
  Probe rows_probe_;
  Gauge rows_gauge_;
};

}  // namespace kirchhoff::hw
