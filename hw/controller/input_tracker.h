#pragma once

#include <algorithm>
#include <vector>

namespace kirchhoff::hw {

/// Which pixels of the input map have arrived from every stream. Packets of one stream may overtake
/// each other on different virtual channels, so single pixels are marked and a watermark follows.
class InputTracker {
 public:
  void reset(int streams, int pixels) {
    arrived_.assign(static_cast<std::size_t>(streams),
                    std::vector<bool>(static_cast<std::size_t>(pixels), false));
    watermark_.assign(static_cast<std::size_t>(streams), 0);
    pixels_ = pixels;
  }
  /// Pixels [first, first + count) of no stream will come, and nobody waits for them.
  void leave_out(int first, int count) {
    for (std::size_t s = 0; s < arrived_.size(); ++s) mark(static_cast<int>(s), first, count);
  }
  /// Pixels [first, first + count) of `stream` are in the buffer.
  void mark(int stream, int first, int count) {
    auto& arrived = arrived_[static_cast<std::size_t>(stream)];
    std::fill_n(arrived.begin() + first, count, true);
    int& mark = watermark_[static_cast<std::size_t>(stream)];
    while (mark < pixels_ && arrived[static_cast<std::size_t>(mark)]) ++mark;
  }
  /// Pixels [0, complete()) are there from all streams.
  int complete() const {
    return watermark_.empty() ? 0 : *std::min_element(watermark_.begin(), watermark_.end());
  }

 private:
  std::vector<std::vector<bool>> arrived_;
  std::vector<int> watermark_;
  int pixels_ = 0;
};

}  // namespace kirchhoff::hw
