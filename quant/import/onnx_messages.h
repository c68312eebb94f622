#pragma once

/// ONNX's messages by name only: no header of this folder brings protobuf along.
namespace onnx {
class AttributeProto;
class ModelProto;
class NodeProto;
class TensorProto;
class ValueInfoProto;
}  // namespace onnx
