#pragma once

namespace kirchhoff::hw {

/// A tile, numbered row by row over the mesh.
enum class TileId : int {};
/// A PE of a tile.
enum class PeId : int {};
/// An end point of the NoC: the tiles in order, then the host port.
enum class NodeId : int {};

constexpr int index(TileId id) { return static_cast<int>(id); }
constexpr int index(PeId id) { return static_cast<int>(id); }
constexpr int index(NodeId id) { return static_cast<int>(id); }

}  // namespace kirchhoff::hw
