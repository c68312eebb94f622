#pragma once

#include <string>

#include "quant/quantizer/quantizer.h"

namespace kirchhoff::cosim {

/// describe_network() reads files *.onnx from now on, by the module kirchhoff_import.so, which is
/// loaded with the first of them.
void read_onnx_by_module();

/// quant::export_onnx() by the same module.
std::string export_onnx(quant::Quantizer& quantizer, const quant::Policy& policy);

}  // namespace kirchhoff::cosim
