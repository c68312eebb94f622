#pragma once

namespace kirchhoff::cosim {

/// describe_network() reads files *.onnx from now on, by the module kirchhoff_import.so, which is
/// loaded with the first of them.
void read_onnx_by_module();

}  // namespace kirchhoff::cosim
