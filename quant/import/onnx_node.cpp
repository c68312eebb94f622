#include "quant/import/onnx_node.h"

#include <cmath>

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include "base/error.h"
#include "base/quote.h"

namespace kirchhoff::quant {

OnnxNode::OnnxNode(const onnx::NodeProto& node, int number, int opset, const std::string& file)
    : node_(node), opset_(opset) {
  const std::string shown = node.name().empty() ? fmt::format("{}", number) : quote(node.name());
  const std::string domain = node.domain().empty() ? "" : quote(node.domain()) + ".";
  where_ = fmt::format("{}: node {} ({}{})", file, shown, domain, quote(node.op_type()));
}

const std::string& OnnxNode::op() const { return node_.op_type(); }
std::string OnnxNode::name() const { return node_.name().empty() ? output() : node_.name(); }
std::size_t OnnxNode::inputs() const { return static_cast<std::size_t>(node_.input_size()); }
bool OnnxNode::has_input(std::size_t i) const { return i < inputs() && !input(i).empty(); }
const std::string& OnnxNode::input(std::size_t i) const { return node_.input(static_cast<int>(i)); }
const std::string& OnnxNode::output() const { return node_.output(0); }

const onnx::AttributeProto* OnnxNode::find(const char* attribute) const {
  read_.insert(attribute);
  for (const onnx::AttributeProto& found : node_.attribute()) {
    if (found.name() == attribute) return &found;
  }
  return nullptr;
}

std::int64_t OnnxNode::integer(const char* attribute, std::int64_t otherwise, std::int64_t low,
                               std::int64_t high) const {
  const onnx::AttributeProto* const found = find(attribute);
  const std::int64_t value = found == nullptr ? otherwise : found->i();
  if (value < low || value > high) {
    refuse_attribute(attribute, std::to_string(value),
                     low == high ? std::to_string(low) : fmt::format("in [{}, {}]", low, high));
  }
  return value;
}

double OnnxNode::number(const char* attribute, double otherwise) const {
  const onnx::AttributeProto* const found = find(attribute);
  if (found == nullptr) return otherwise;
  if (!std::isfinite(found->f()))
    refuse_attribute(attribute, fmt::format("{}", found->f()), "a finite number");
  return double{found->f()};
}

std::string OnnxNode::text(const char* attribute, const std::string& otherwise) const {
  const onnx::AttributeProto* const found = find(attribute);
  return found == nullptr ? otherwise : found->s();
}

std::vector<std::int64_t> OnnxNode::integers(const char* attribute,
                                             const std::vector<std::int64_t>& otherwise) const {
  const onnx::AttributeProto* const found = find(attribute);
  if (found == nullptr) return otherwise;
  return {found->ints().begin(), found->ints().end()};
}

std::vector<float> OnnxNode::numbers(const char* attribute) const {
  const onnx::AttributeProto* const found = find(attribute);
  if (found == nullptr) return {};
  return {found->floats().begin(), found->floats().end()};
}

std::shared_ptr<const Constant> OnnxNode::tensor(const char* attribute) const {
  const onnx::AttributeProto* const found = find(attribute);
  return found == nullptr
             ? nullptr
             : read_constant(found->t(), fmt::format("{}: attribute {}", where_, attribute));
}

void OnnxNode::check_all_read() const {
  for (const onnx::AttributeProto& attribute : node_.attribute()) {
    if (read_.count(attribute.name()) != 0) continue;
    throw InputError(
        fmt::format("{}: attribute {}: is not supported", where_, quote(attribute.name())));
  }
}

void OnnxNode::refuse_attribute(const char* attribute, const std::string& found,
                                const std::string& rule) const {
  throw InputError(
      fmt::format("{}: attribute {} = {}: must be {}", where_, attribute, found, rule));
}

void OnnxNode::refuse_input(std::size_t i, const std::string& found,
                            const std::string& rule) const {
  throw InputError(
      fmt::format("{}: input {} ({}): {}: must be {}", where_, i, quote(input(i)), found, rule));
}

}  // namespace kirchhoff::quant
