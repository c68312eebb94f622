#pragma once

#include <vector>

#include "quant/import/graph_import.h"

namespace kirchhoff::quant {

/// How an ONNX operator becomes one of ours.
struct OnnxConverter {
  const char* op;
  void (*convert)(const OnnxNode& node, GraphImport& network);
  bool qonnx = false;  ///< of QONNX's domains, which ONNX does not know
};

/// A domain of QONNX's operators.
bool is_qonnx(const std::string& domain);

/// All of them, family after family.
const std::vector<OnnxConverter>& onnx_converters();
/// Null where there is none.
const OnnxConverter* find_onnx_converter(const std::string& op);

// A file of converters/ each.
std::vector<OnnxConverter> matrix_converters();
std::vector<OnnxConverter> arithmetic_converters();
std::vector<OnnxConverter> join_converters();
std::vector<OnnxConverter> quantiser_converters();
std::vector<OnnxConverter> pool_converters();
std::vector<OnnxConverter> function_converters();
std::vector<OnnxConverter> reshape_converters();
std::vector<OnnxConverter> constant_converters();
std::vector<OnnxConverter> passing_converters();

}  // namespace kirchhoff::quant
