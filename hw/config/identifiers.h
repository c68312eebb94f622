#pragma once

#include "base/indexed.h"

namespace kirchhoff::hw {

/// A tile, numbered row by row over the mesh.
enum class TileId : int {};
/// A PE of a tile.
enum class PeId : int {};
/// A column group of a tile: the output channels of one column block.
enum class GroupId : int {};
/// An end point of the NoC: the tiles in order, then the host port.
enum class NodeId : int {};
/// A router of the NoC, numbered row by row over their mesh.
enum class RouterId : int {};
/// What a layer's packets are marked with, for the NoC's counters and for traces; the register
/// LAYER. The chip knows no more of a network's layers.
enum class LayerLabel : int {};

constexpr NodeId node_of(TileId tile) { return NodeId{index(tile)}; }

}  // namespace kirchhoff::hw
