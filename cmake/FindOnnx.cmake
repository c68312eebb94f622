# Finds ONNX and protobuf, in which its messages are written (Debian: libonnx-dev, libprotobuf-dev), and defines the imported target
# Onnx::onnx. ONNX's own CMake configuration is not used: it names targets that no package of Debian's defines.
find_path(ONNX_INCLUDE_DIR onnx/onnx_pb.h)
find_library(ONNX_LIBRARY onnx)
find_library(ONNX_PROTO_LIBRARY onnx_proto)
find_path(PROTOBUF_INCLUDE_DIR google/protobuf/message.h)
find_library(PROTOBUF_LIBRARY protobuf)
mark_as_advanced(ONNX_INCLUDE_DIR ONNX_LIBRARY ONNX_PROTO_LIBRARY PROTOBUF_INCLUDE_DIR PROTOBUF_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Onnx REQUIRED_VARS ONNX_LIBRARY ONNX_PROTO_LIBRARY ONNX_INCLUDE_DIR PROTOBUF_LIBRARY
  PROTOBUF_INCLUDE_DIR)
if(Onnx_FOUND AND NOT TARGET Onnx::onnx)
  add_library(Onnx::onnx UNKNOWN IMPORTED)
  set_target_properties(Onnx::onnx PROPERTIES
    IMPORTED_LOCATION "${ONNX_LIBRARY}" INTERFACE_LINK_LIBRARIES "${ONNX_PROTO_LIBRARY};${PROTOBUF_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${ONNX_INCLUDE_DIR};${PROTOBUF_INCLUDE_DIR}"
    INTERFACE_COMPILE_DEFINITIONS "ONNX_NAMESPACE=onnx;ONNX_ML=1")
endif()
