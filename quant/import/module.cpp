// The module's only entry: quant/import/import_library.h says what it is for.
#include "quant/import/import_library.h"

namespace {

constexpr kirchhoff::quant::ImportLibrary kLibrary = {kirchhoff::quant::read_onnx,
                                                      kirchhoff::quant::export_onnx};

}  // namespace

extern "C" const kirchhoff::quant::ImportLibrary* kirchhoff_import_library() { return &kLibrary; }
