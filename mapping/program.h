#pragma once

#include <cstdint>
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

/// Where the image goes: see hw::ImageRoute.
struct ImageStream {
  hw::TileId tile{};
  int stream = 0, channel_begin = 0, channels = 0, rows = 0;
  ColumnRange columns;
  hw::RowPattern travel;
};

/// Everything that the host does to run a network under a policy: register, table and crossbar
/// writes, image streams, and what comes back. The chip needs nothing else.
struct Program {
  std::vector<Write> writes;
  std::vector<hw::TileId> tiles;  ///< to start
  std::vector<ImageStream> image;
  int image_bits = 8;
  int images = 1;  ///< of the stream
  int result_channels = 0, result_pixels = 0;
};

/// Where the windows of a piece lie: the registers of a tile that say so.
hw::LayerRegisters geometry_of(const quant::Layer& layer, const Piece& piece);

/// Program of a timing-only run of a stream of images: sizes flow, no cells or constants are
/// written.
Program assemble(const quant::Network& network, const quant::Policy& policy, const Mapping& mapping,
                 const hw::ChipConfig& config, int images = 1);
/// The same of one image for the tiles of some layers only: the others do not run.
Program assemble_layers(const quant::Network& network, const quant::Policy& policy,
                        const Mapping& mapping, const hw::ChipConfig& config,
                        const IndexedVector<quant::LayerId, bool>& layers);
/// Program of a functional run.
Program assemble(const quant::IntegerNetwork& integers, const Mapping& mapping,
                 const hw::ChipConfig& config, int images = 1);

}  // namespace kirchhoff::mapping
