#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hw/common/observer.h"
#include "quant/network/golden.h"
#include "sim/conversion_check.h"

namespace kirchhoff::sim {

/// An integer of the chip that is not the golden inference's.
struct Difference {
  bool accumulator = false;  ///< of a window; otherwise an output, requantised and pooled
  quant::LayerId layer{};
  int channel = 0, y = 0, x = 0;       ///< place of the window, or of the output
  std::optional<std::int64_t> chip{};  ///< empty: the chip never delivered it
  std::int64_t golden = 0;
  /// Of an accumulator: its conversions were looked at, and the first with another code.
  bool conversions_seen = false;
  std::optional<ConversionDifference> conversion{};

  /// "layer C3: accumulator of channel 5, window (y 3, x 4): chip 17, golden 19; first conversion
  /// that differs: row block 1 …"
  std::string text(const quant::Network& network) const;
};

/// How many of the integers that the chip produced equal the golden inference's.
struct BitExactness {
  std::uint64_t outputs = 0, outputs_equal = 0;  ///< pooled outputs; the last layer's accumulators
  std::uint64_t accumulators = 0, accumulators_equal = 0;  ///< of every window
  /// In the order in which a layer computes: what comes later may only follow from it.
  std::optional<Difference> first{};

  bool exact() const {
    return outputs > 0 && outputs == outputs_equal && accumulators == accumulators_equal;
  }
  BitExactness& operator+=(const BitExactness& o);
  /// "3 of 4 outputs and 7 of 8 accumulators are equal; first difference: layer C3: …"
  std::string text(const quant::Network& network) const;
};

/// Collects what the chip's tiles produce, in the layout of the golden traces.
class Recorder final : public hw::Observer {
 public:
  /// Forgets everything and makes room for `images` images of `network`.
  void reset(const quant::Network& network, int images = 1);
  /// The chip's image 0 is this one from now on.
  void set_first_image(int image) { first_image_ = image; }
  void accumulators(int image, hw::LayerLabel label, int channel_begin, int y, int x,
                    const hw::Sums& values) override;
  void outputs(int image, hw::LayerLabel label, int channel_begin, int y, int x,
               const hw::Sums& values) override;

  const IndexedVector<quant::LayerId, quant::LayerTrace>& layers(int image = 0) const {
    return images_[static_cast<std::size_t>(image)].layers;
  }
  /// Every window and output that the chip owes must be there once and equal.
  BitExactness compare(int image, const quant::GoldenResult& golden) const;

 private:
  struct Image {
    IndexedVector<quant::LayerId, quant::LayerTrace> layers;
    IndexedVector<quant::LayerId, std::vector<bool>> have_accumulator, have_output;
  };
  Image& seen(int image) { return images_[static_cast<std::size_t>(first_image_ + image)]; }

  std::vector<Image> images_;
  int first_image_ = 0;
  IndexedVector<quant::LayerId, int> pools_;
};

}  // namespace kirchhoff::sim
