#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "quant/import/onnx_messages.h"

namespace kirchhoff::quant {

/// A model whose form has been looked at: parsed, of known operators and an opset that is read,
/// accepted by ONNX's checker, without nodes that do not reach its output, for a batch of one.
class OnnxModel {
 public:
  /// InputErrors begin with `where`, as all of this class's.
  OnnxModel(const std::string& bytes, const std::string& where);
  ~OnnxModel();
  OnnxModel(const OnnxModel&) = delete;
  OnnxModel& operator=(const OnnxModel&) = delete;

  const onnx::ModelProto& proto() const { return *proto_; }
  int opset() const { return opset_; }
  /// The input that is no constant, and the one output.
  const onnx::ValueInfoProto& image() const { return *image_; }
  const std::string& output() const;
  /// How often every value is read, the output by one more.
  std::map<std::string, int> readers() const;
  /// Lines about what was dropped.
  const std::vector<std::string>& notes() const { return notes_; }
  /// ONNX's shape inference, to be called when all attributes are known to be sound: sides of every
  /// value that has them all.
  std::map<std::string, std::vector<std::int64_t>> infer_sides();

 private:
  void check_operators() const;
  int find_opset() const;
  void check_form() const;
  void drop_dead_nodes();
  void find_image();

  const std::string where_;
  std::unique_ptr<onnx::ModelProto> proto_;
  int opset_ = 0;
  onnx::ValueInfoProto* image_ = nullptr;
  std::vector<std::string> notes_;
};

}  // namespace kirchhoff::quant
