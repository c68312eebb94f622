#include "cosim/import_library.h"

#include "cosim/module_entry.h"
#include "quant/import/import_library.h"
#include "quant/network/graph_readers.h"

namespace kirchhoff::cosim {
namespace {

const quant::ImportLibrary& import_library() {
  static const quant::ImportLibrary& library =
      *reinterpret_cast<quant::ImportLibraryEntry*>(module_entry(
          "kirchhoff_import.so", quant::kImportLibraryEntry, "ONNX, which files *.onnx need"))();
  return library;
}

}  // namespace

void read_onnx_by_module() {
  quant::add_graph_reader({".onnx", [](const std::string& path) {
                             return import_library().read_onnx(path).described();
                           }});
}

std::string export_onnx(quant::Quantizer& quantizer, const quant::Policy& policy) {
  return import_library().export_onnx(quantizer, policy);
}

}  // namespace kirchhoff::cosim
