#pragma once

#include <vector>

#include <systemc>

#include "hw/common/shared_resource.h"
#include "hw/common/sums.h"
#include "hw/config/tile_config.h"
#include "hw/pe/registers.h"

namespace kirchhoff::hw {

/// Who adds: the drain of the tile's own PEs, the completion of a group, or the receiver of remote
/// partial sums.
enum class AdderUser : std::uint8_t { kDrain, kComplete, kReceive };

struct TileAdderIf : virtual sc_core::sc_interface {
  /// sum += addend, `count` values, `tile_adder.lanes` per cycle; returns when they are in the
  /// tile's output register. `first`: the register is loaded, not added to. Vectors are empty when
  /// only sizes flow.
  virtual void add(AdderUser user, Sums& sum, const Sums& addend, int count, bool first) = 0;
  /// Whoever takes `count` sums from the output register: the SFU or the network interface.
  virtual void take(int count) = 0;
};

/// The tile's shift-adder and output register: sums the row blocks of a column block. Its users
/// arbitrate.
class TileShiftAdder final : public sc_core::sc_module, public TileAdderIf {
 public:
  sc_core::sc_export<TileAdderIf> port{"port"};

  TileShiftAdder(const sc_core::sc_module_name& name, const TileAdderConfig& config,
                 const RegisterConfig& register_config, const Clock& clock,
                 const Tracer* tracer = nullptr);
  void reset();
  std::uint64_t adds() const { return adds_; }
  std::uint64_t register_reads() const { return reads_; }    ///< words
  std::uint64_t register_writes() const { return writes_; }  ///< words
  Cycle stall_cycles() const { return lanes_.stall_cycles(); }

  void add(AdderUser user, Sums& sum, const Sums& addend, int count, bool first) override;
  void take(int count) override {
    reads_ += words(register_, static_cast<long long>(count) * OutputRegister::kSumBits);
  }

 private:
  const TileAdderConfig config_;
  const RegisterConfig register_;
  SharedResource lanes_;
  std::uint64_t adds_ = 0, reads_ = 0, writes_ = 0;
  Probe value_;
};

}  // namespace kirchhoff::hw
