#pragma once

#include <set>
#include <string>
#include <vector>

#include "quant/import/constant.h"
#include "quant/import/onnx_messages.h"

namespace kirchhoff::quant {

/// A node of an ONNX graph and its attributes. Those that nobody asked for are refused in the end
/// rather than overlooked.
class OnnxNode {
 public:
  /// `opset` is the version of the operators that the model was written for.
  OnnxNode(const onnx::NodeProto& node, int number, int opset, const std::string& file);

  const std::string& op() const;
  /// Its own, or its output's when it has none.
  std::string name() const;
  /// "model.onnx: node conv1 (Conv)"
  const std::string& where() const { return where_; }
  int opset() const { return opset_; }
  std::size_t inputs() const;
  bool has_input(std::size_t i) const;
  const std::string& input(std::size_t i) const;
  const std::string& output() const;

  bool has(const char* attribute) const { return find(attribute) != nullptr; }
  /// An integer in [low, high]; `otherwise` where the attribute is missing, as below.
  std::int64_t integer(const char* attribute, std::int64_t otherwise, std::int64_t low,
                       std::int64_t high) const;
  bool flag(const char* attribute, bool otherwise) const {
    return integer(attribute, otherwise ? 1 : 0, 0, 1) != 0;
  }
  double number(const char* attribute, double otherwise) const;
  std::string text(const char* attribute, const std::string& otherwise) const;
  std::vector<std::int64_t> integers(const char* attribute,
                                     const std::vector<std::int64_t>& otherwise) const;
  std::vector<float> numbers(const char* attribute) const;
  std::shared_ptr<const Constant> tensor(const char* attribute) const;
  /// Says something about running only: of no consequence here.
  void ignore(const char* attribute) const { find(attribute); }
  void check_all_read() const;

  /// Throws the InputError "WHERE: WHAT = FOUND: must be RULE".
  [[noreturn]] void refuse_attribute(const char* attribute, const std::string& found,
                                     const std::string& rule) const;
  [[noreturn]] void refuse_input(std::size_t i, const std::string& found,
                                 const std::string& rule) const;

 private:
  const onnx::AttributeProto* find(const char* attribute) const;

  const onnx::NodeProto& node_;
  const int opset_;
  std::string where_;
  mutable std::set<std::string> read_;
};

}  // namespace kirchhoff::quant
