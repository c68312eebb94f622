#pragma once

#include <cstdint>
#include <vector>

#include <systemc>

#include "hw/config/tile_config.h"
#include "hw/ports/line_buffer_port.h"

namespace kirchhoff::hw {

/// The pixels under the current windows, between eDRAM and bus. It streams: its accesses take no
/// time of their own beside the eDRAM's and the bus's. The controller knows which pixels it holds.
class LineBuffer final : public sc_core::sc_module, public LineBufferIf {
 public:
  sc_core::sc_export<LineBufferIf> port{"port"};

  LineBuffer(const sc_core::sc_module_name& name, const LineBufferConfig& config)
      : sc_module(name), config_(config) {
    port.bind(*this);
  }
  void reset() { reads_ = writes_ = 0; }
  std::uint64_t reads() const { return reads_; }    ///< words
  std::uint64_t writes() const { return writes_; }  ///< words

  bool holds(long long bits) const override { return bits <= 8LL * config_.bytes; }
  void write(long long bits) override { writes_ += words(config_.access, bits); }
  void read(long long bits) override { reads_ += words(config_.access, bits); }

 private:
  const LineBufferConfig config_;
  std::uint64_t reads_ = 0, writes_ = 0;
};

}  // namespace kirchhoff::hw
