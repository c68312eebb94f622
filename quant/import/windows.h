#pragma once

#include "quant/import/graph_import.h"

namespace kirchhoff::quant {

/// A kernel as ONNX writes it, for a map of rows and columns (two sides) or of one row (one side).
/// `attribute` names it in errors.
Extent kernel_of(const OnnxNode& node, const char* attribute,
                 const std::vector<std::int64_t>& sides, std::size_t rank);

/// Strides, dilations, pads and auto_pad of a node that goes over a map with such a kernel; zeros
/// that a Pad put around the map not yet among them.
Sweep read_windows(const OnnxNode& node, const ImportedMap& map, const Shape& shape,
                   const Extent& kernel);

/// A map that windows go over: 1xCxHxW, or 1xCxL, which is a row.
void check_windowed(const OnnxNode& node, const ImportedMap& map);

/// The same padding and what a Pad put around the map.
Padding joined(const Padding& a, const Padding& b);

}  // namespace kirchhoff::quant
