#pragma once

#include <vector>

#include <systemc>

#include "hw/common/clock.h"
#include "hw/common/probe.h"
#include "hw/common/sums.h"
#include "hw/config/tile_config.h"
#include "hw/ports/tile_adder_port.h"

namespace kirchhoff::hw {

/// The tile's shift-adder and output register: sums the row blocks of a column block as they come
/// over the bus.
class TileShiftAdder final : public sc_core::sc_module, public TileAdderIf {
 public:
  sc_core::sc_export<TileAdderIf> port{"port"};

  TileShiftAdder(const sc_core::sc_module_name& name, const TileAdderConfig& config,
                 const RegisterConfig& register_config, const Tracer* tracer = nullptr);
  void reset() { adds_ = reads_ = writes_ = 0; }
  std::uint64_t adds() const { return adds_; }
  std::uint64_t register_reads() const { return reads_; }    ///< words
  std::uint64_t register_writes() const { return writes_; }  ///< words

  Cycle cycles_for(int count) const override {
    return static_cast<Cycle>((count + config_.lanes - 1) / config_.lanes);
  }
  void add(Sums& sum, const Sums& addend, int count, int bits, bool first) override;
  void take(int count, int bits) override {
    reads_ += words(register_, static_cast<long long>(count) * bits);
  }

 private:
  const TileAdderConfig config_;
  const RegisterConfig register_;
  std::uint64_t adds_ = 0, reads_ = 0, writes_ = 0;
  Probe value_;
};

}  // namespace kirchhoff::hw
