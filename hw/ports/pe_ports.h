#pragma once

#include <optional>

#include <systemc>

#include "hw/config/identifiers.h"

/// What a controller and its PEs say to each other.
namespace kirchhoff::hw {

/// One block that a PE holds, from the controller's registers.
struct PeSetup {
  int rows = 0;  ///< 0: not allocated
  int columns = 0;
  int slices = 0;           ///< lanes that are read
  int activation_bits = 0;  ///< bit steps of a product
  bool functional = false;
  int first_pair = 0;   ///< lane of slice 0; its slices follow each other
  int weight_bits = 8;  ///< the offset encoding's bias is 2^(weight_bits - 1)
  int sum_bits = 32;    ///< of a sum in the output register (encoding.h)
  /// Inputs are two's complement: the step of their last bit is subtracted.
  bool input_signed = false;
  /// Where the block lies: its layer, and its first row and column in the layer's matrix. Names its
  /// cells; 0 when only sizes flow.
  int layer = 0, row_begin = 0, column_begin = 0;

  int top_bit() const { return input_signed ? activation_bits - 1 : -1; }

  bool operator==(const PeSetup& o) const {
    return rows == o.rows && columns == o.columns && slices == o.slices &&
           activation_bits == o.activation_bits && functional == o.functional &&
           first_pair == o.first_pair && weight_bits == o.weight_bits && sum_bits == o.sum_bits &&
           input_signed == o.input_signed && layer == o.layer && row_begin == o.row_begin &&
           column_begin == o.column_begin;
  }
};

/// Windows that the input register and the output register of a PE hold per block.
inline constexpr int kInputSlots = 2, kOutputSlots = 2;

/// When a product's word lines are free, so that the next may start, and when its sums are in the
/// output slot.
struct ProductTimes {
  sc_core::sc_time ready, done;
};

/// Which window of a run a product is of.
struct WindowPlace {
  int image = 0;     ///< of the run
  int y = 0, x = 0;  ///< in the layer's whole convolved map
};

/// Controller to PE.
struct PeControlIf : virtual sc_core::sc_interface {
  /// Block `block` of the PE, 0 up to `pe.pairs` - 1; rows = 0: none. Before the first start(); no
  /// two blocks may share pairs.
  virtual void configure(int block, const PeSetup& setup) = 0;
  /// Multiplies the windows in input slot `input` of all blocks into output slot `output`, from the
  /// next edge of the PE clock; `window` is where they lie. fidelity=mvm: the sums are in the
  /// output slot at once; returned are the times from which they may be used, and the listener
  /// hears nothing. fidelity=bit: no times are returned, the listener hears when it happens.
  virtual std::optional<ProductTimes> start(int input, int output, const WindowPlace& window) = 0;
  /// Whether PEs of equal blocks, started, loaded and drained together, can only do the same: while
  /// sizes flow at fidelity=mvm and nobody watches.
  virtual bool can_follow() const = 0;
  /// What this PE does from now on is what `leader` does, which has blocks of the same sizes: it
  /// shows the leader's counters and needs no calls of its own. Until reset() or configure().
  virtual void follow(const PeControlIf& leader) = 0;
};

/// PE to controller, at fidelity=bit.
struct PeListenerIf : virtual sc_core::sc_interface {
  /// The word lines are free: the next product may start, and its predecessor's input slot may be
  /// loaded.
  virtual void pe_ready(PeId pe) = 0;
  /// The oldest product under way is in its output slot.
  virtual void pe_done(PeId pe) = 0;
};

}  // namespace kirchhoff::hw
