#pragma once

#include <vector>

#include "hw/config/chip_config.h"
#include "hw/controller/register_file.h"
#include "hw/controller/window_walk.h"
#include "hw/ports/sfu_port.h"
#include "hw/ports/transfer.h"

namespace kirchhoff::hw {

/// One block on a PE.
struct Unit {
  PeId pe;
  int block, columns;
  std::vector<BusTarget> target;  ///< none when a PE in step stands for it
};

/// The output channels of one column block, with the blocks that compute them here.
struct Group {
  GroupRegisters registers;
  std::vector<Unit> units;
  std::vector<HopRegisters> hops;
};

/// Blocks that hold the same rows, fed by one broadcast.
struct RowSlice {
  int row_begin, rows;
  std::vector<BusTarget> targets;  ///< without those for which a PE in step stands
};

/// What the sequences run on: the registers, decoded once at START.
struct TileProgram {
  TileProgram() = default;
  explicit TileProgram(const RegisterFile& registers);

  /// Adds a block of the registers; `leads`: no other PE stands for this one.
  void add_block(const BlockRegisters& block, PeId pe, int b, bool leads);
  bool functional() const { return layer.functional != 0; }
  Operation operation() const { return static_cast<Operation>(layer.operation); }
  /// The PEs work; otherwise the SFU reduces windows, with weights or without.
  bool has_products() const { return operation() == Operation::kProducts; }
  bool has_residual() const { return layer.residual_channels > 0; }
  /// Pixels of a channel under a window.
  int kernel_pixels() const { return layer.kernel_height * layer.kernel_width; }
  /// Elements of the eDRAM buffer that the ring of the input takes: that of the second operand
  /// begins behind them.
  long long input_elements() const {
    return static_cast<long long>(layer.buffer_rows) * layer.input_width * layer.channels;
  }
  LayerLabel label() const { return LayerLabel{layer.layer}; }

  LayerRegisters layer;
  WindowWalk walk;
  SfuProgram sfu;
  WindowReduction reduction;      ///< without products of the PEs
  std::vector<NodeId> producers;  ///< that send input
  std::vector<NodeId> residual_producers;
  IndexedVector<GroupId, Group> groups;
  std::vector<RowSlice> slices;
  std::vector<PeId> active_pes;
  /// Those that are started: the others are in step with one of them.
  std::vector<PeId> leading_pes;
  bool reuse = false;         ///< the line buffer holds the pixels under a pooling window
  long long window_bits = 0;  ///< of one window on the bus

 private:
  void set_reduction(const RegisterFile& registers);
};

/// What no single register's range can say: whether descriptors fit each other and the tile.
bool fits(const RegisterFile& registers, TileId tile, const ChipConfig& config);

}  // namespace kirchhoff::hw
