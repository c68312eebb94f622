#pragma once

#include <string>

#include "quant/quantizer/quantizer.h"

namespace kirchhoff::quant {

/// The bytes of an ONNX model (opset 13) whose QuantizeLinear and DequantizeLinear nodes are the
/// integers that the quantiser makes of its model under `policy`: weights of int8 with a step per
/// matrix or output channel, maps of int8 or uint8, narrower ones behind a Clip. read_onnx() makes
/// the same weights, widths and clips of it. InputError names a stage that ONNX's integers of 8
/// bits cannot hold.
std::string export_onnx(Quantizer& quantizer, const Policy& policy);

}  // namespace kirchhoff::quant
