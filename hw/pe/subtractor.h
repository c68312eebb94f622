#pragma once

#include <systemc>

#include "hw/config/encoding.h"
#include "hw/ports/analogue_chain.h"

namespace kirchhoff::hw {

/// Analogue difference of the positive and the negative bit line, column by column. It settles
/// within the read. With the offset encoding there is nothing to subtract: the bit lines lead
/// straight to the sample-and-hold.
class Subtractor final : public sc_core::sc_module, public BitLineIf {
 public:
  sc_core::sc_export<BitLineIf> bit_lines{"bit_lines"};
  sc_core::sc_port<SampleIf> difference{"difference"};

  explicit Subtractor(const sc_core::sc_module_name& name,
                      Encoding encoding = Encoding::kDifferential)
      : sc_module(name), encoding_(encoding) {
    bit_lines.bind(*this);
  }
  void reset() { subtractions_ = 0; }
  std::uint64_t subtractions() const { return subtractions_; }

  void sense(const BitStep& step, const Columns& positive, const Columns& negative) override {
    if (encoding_ == Encoding::kOffset) {
      difference->offer(step, positive);
      return;
    }
    subtractions_ +=
        static_cast<std::uint64_t>(step.columns) * static_cast<unsigned>(step.subtractions);
    differences_.resize(positive.size());
    for (std::size_t c = 0; c < positive.size(); ++c) differences_[c] = positive[c] - negative[c];
    difference->offer(step, differences_);
  }

 private:
  const Encoding encoding_;
  Columns differences_;
  std::uint64_t subtractions_ = 0;
};

}  // namespace kirchhoff::hw
