#pragma once

#include <vector>

#include <systemc>

#include "hw/controller/channels.h"
#include "hw/controller/input_map.h"
#include "hw/controller/sequence.h"
#include "hw/ports/line_buffer_port.h"

namespace kirchhoff::hw {

/// Input map -> line buffer -> input registers of the PEs, once the pixels are there. Tells the
/// producers which rows of the buffer are free again.
class FetchSequence final : public Sequence {
 public:
  /// `completed`: windows that the tile has handed on.
  FetchSequence(const SequenceContext& context, ControllerSockets& bus, ControllerSockets& edram,
                sc_core::sc_port<LineBufferIf>& line_buffer, sc_core::sc_port<NetworkIf>& network,
                InputMap& input, WindowSlots& input_slots, ReducedWindows& windows,
                WindowCount& completed);
  /// The line buffer holds nothing.
  void reset() { patch_image_ = -1; }

 private:
  void run() override;
  void wait_for_pixels(int pixels);
  void wake_up();
  void read_patch(int image, const Patch& patch);
  void read_edram(int image, const Patch& patch);
  void merge(const Patch& patch, const Patch& fresh);
  void send_window(int n, const Footprint& footprint);
  void send_slices(int n, const Footprint& footprint);
  void gather(const Footprint& footprint, int row_begin, int rows, std::int32_t outside,
              std::vector<std::int32_t>& values);
  void free_rows(long long row);

  sc_core::sc_port<LineBufferIf>& line_buffer_;
  InputMap& input_;
  WindowSlots& input_slots_;
  ReducedWindows& windows_;
  WindowCount& completed_;
  BusAccess bus_;
  EdramAccess edram_;
  NetworkAccess network_;

  // The pixels under the current windows.
  Patch patch_;
  int patch_image_ = -1;
  std::vector<std::int32_t> patch_values_, burst_values_;
  std::vector<std::vector<std::int32_t>> slice_values_;  ///< by row slice
};

}  // namespace kirchhoff::hw
