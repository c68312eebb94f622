#include "quant/import/converters.h"

#include <algorithm>

namespace kirchhoff::quant {

const std::vector<OnnxConverter>& onnx_converters() {
  static const std::vector<OnnxConverter> all = [] {
    std::vector<OnnxConverter> joined;
    for (const auto& family :
         {matrix_converters(), arithmetic_converters(), join_converters(), pool_converters(),
          function_converters(), reshape_converters(), constant_converters(), passing_converters(),
          quantiser_converters()}) {
      joined.insert(joined.end(), family.begin(), family.end());
    }
    return joined;
  }();
  return all;
}

bool is_qonnx(const std::string& domain) {
  return domain == "qonnx.custom_op.general" || domain == "onnx.brevitas";
}

const OnnxConverter* find_onnx_converter(const std::string& op) {
  const auto& all = onnx_converters();
  const auto found = std::find_if(
      all.begin(), all.end(), [&](const OnnxConverter& converter) { return op == converter.op; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace kirchhoff::quant
