#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "hw/config/register_map.h"
#include "mapping/mapping.h"
#include "quant/network/integer_network.h"

namespace kirchhoff::mapping {

/// What the chip calls a layer.
constexpr hw::LayerLabel label_of(quant::LayerId layer) { return hw::LayerLabel{index(layer)}; }
constexpr quant::LayerId layer_of(hw::LayerLabel label) { return quant::LayerId{index(label)}; }

/// Bytes that the host writes to consecutive addresses of the chip.
struct Write {
  hw::reg::Address address = 0;
  std::vector<std::uint8_t> bytes;
};

/// Where a map from outside goes: see hw::MapRoute.
struct MapStream {
  hw::TileId tile{};
  int stream = 0, channel_begin = 0, channels = 0, rows = 0;
  ColumnRange columns;
  hw::RowPattern travel;
  quant::TensorId map = quant::kImage;  ///< what a layer of an earlier round has made, or the image
  quant::LayerId reader{};              ///< layer of the tile
  int first_there = 0, operand = 0;
};

/// Everything that the host does to run a round of a network under a policy: register, table and
/// crossbar writes, maps that go in, and what comes back. The chip needs nothing else.
struct Program {
  std::vector<Write> writes;
  std::vector<hw::TileId> tiles;   ///< to start
  std::vector<MapStream> streams;  ///< those of a map one behind the other, the image first
  int image_bits = 8;
  int images = 1;  ///< of the stream
  int result_channels = 0, result_pixels = 0;
  std::vector<quant::LayerId> outputs;  ///< whose maps later rounds read, or channels of them
  long long expected = 0;               ///< results, and activations for later rounds, of an image
  long long output_bits = 0;            ///< of these activations
};

/// Whether a write is of crossbar cells, and of which tile.
bool writes_cells(const Write& write);
hw::TileId tile_of(const Write& write);

/// Where the windows of a piece lie: the registers of a tile that say so.
hw::LayerRegisters geometry_of(const quant::Layer& layer, const Piece& piece);

/// Program of a round of a timing-only run of a stream of images: sizes flow, no cells or constants
/// are written.
Program assemble(const quant::Network& network, const quant::Policy& policy, const Mapping& mapping,
                 const hw::ChipConfig& config, int images = 1, RoundId round = RoundId{});
/// The same of one image for the tiles of some layers only: the others do not run.
Program assemble_layers(const quant::Network& network, const quant::Policy& policy,
                        const Mapping& mapping, const hw::ChipConfig& config,
                        const IndexedVector<quant::LayerId, bool>& layers);
/// Program of a round of a functional run.
Program assemble(const quant::IntegerNetwork& integers, const Mapping& mapping,
                 const hw::ChipConfig& config, int images = 1, RoundId round = RoundId{});

}  // namespace kirchhoff::mapping
