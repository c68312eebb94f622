#pragma once

#include <string>

#include "quant/import/onnx.h"
#include "quant/import/onnx_export.h"

namespace kirchhoff::quant {

/// What a program gets from the module kirchhoff_import.so, which it loads when a file asks for it:
/// ONNX and protobuf take time and memory to load.
struct ImportLibrary {
  ImportedNetwork (*read_onnx)(const std::string& path);
  std::string (*export_onnx)(Quantizer& quantizer, const Policy& policy);
};

/// The module's only function: its name, and what it is.
inline constexpr const char* kImportLibraryEntry = "kirchhoff_import_library";
using ImportLibraryEntry = const ImportLibrary*();

}  // namespace kirchhoff::quant
