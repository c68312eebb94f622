#include "quant/import/graph_import.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/error.h"
#include "base/quote.h"
#include "quant/network/network.h"

namespace kirchhoff::quant {
namespace {

/// Twice the weights of the largest network: they may be transposed.
constexpr std::size_t kMostConstantValues = 2 * std::size_t{kMaxWeights};

/// PyTorch calls the convolution of its module features.0 "/features/features.0/Conv". A module has
/// one matrix, which may have its name.
std::string module_of(const OnnxNode& node) {
  const std::string name = node.name(), op = "/" + node.op();
  const bool matrix = node.op() == "Conv" || node.op() == "Gemm" || node.op() == "MatMul";
  if (!matrix || name.size() <= op.size() + 1) return name;
  const std::size_t end = name.size() - op.size();
  return name.substr(end) == op ? name.substr(0, end) : name;
}

}  // namespace

std::optional<Shape> shape_of(const Dims& dims) {
  if (dims.size() < 2 || dims.size() > 4 || dims[0] != 1) return std::nullopt;
  const auto side = [&](std::size_t axis) { return static_cast<int>(dims[axis]); };
  if (dims.size() == 2) return Shape{side(1), 1, 1};
  if (dims.size() == 3) return Shape{side(1), 1, side(2)};
  return Shape{side(1), side(2), side(3)};
}

Dims dims_of(const Shape& shape, std::size_t rank) {
  if (rank == 2) return {1, shape.size()};
  if (rank == 3) return {1, shape.channels, shape.pixels()};
  return {1, shape.channels, shape.height, shape.width};
}

std::string plain_name(const std::string& found, const std::string& otherwise) {
  constexpr std::size_t kMost = 48;  // room for what stages add
  static const char* const kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  std::string plain;
  for (const char letter : found) {
    const bool known = letter != '\0' && std::strchr(kPlain, letter) != nullptr;
    if (known || !plain.empty()) plain += known ? letter : letter == '/' ? '.' : '_';
  }
  if (plain.size() > kMost) plain = plain.substr(plain.size() - kMost);
  return plain.empty() ? otherwise : plain;
}

GraphImport::GraphImport(const std::string& name, const ImportedMap& image,
                         const std::string& image_name, std::map<std::string, int> readers)
    : graph_(name, shape_of(image.dims).value()), readers_(std::move(readers)) {
  ImportedMap map = image;
  map.shared = this->readers(image_name) > 1;
  values_.emplace(image_name, map);
}

int GraphImport::readers(const std::string& name) const {
  const auto found = readers_.find(name);
  return found == readers_.end() ? 0 : found->second;
}

const GraphImport::Value& GraphImport::value(const OnnxNode& node, std::size_t i) const {
  if (!node.has_input(i)) throw InputError(fmt::format("{}: input {} is missing", node.where(), i));
  const auto found = values_.find(node.input(i));
  if (found == values_.end()) node.refuse_input(i, "unknown", "what a node before it makes");
  return found->second;
}

bool GraphImport::is_constant(const OnnxNode& node, std::size_t i) const {
  return std::holds_alternative<std::shared_ptr<const Constant>>(value(node, i));
}

std::shared_ptr<const Constant> GraphImport::constant(const OnnxNode& node, std::size_t i) const {
  if (!is_constant(node, i)) node.refuse_input(i, "is computed", "a constant");
  return std::get<std::shared_ptr<const Constant>>(value(node, i));
}

const ImportedMap& GraphImport::integer_map(const OnnxNode& node, std::size_t i) const {
  if (is_constant(node, i)) node.refuse_input(i, "is a constant", "a map");
  return std::get<ImportedMap>(value(node, i));
}

const ImportedMap& GraphImport::padded_map(const OnnxNode& node, std::size_t i) const {
  const ImportedMap& found = integer_map(node, i);
  if (!found.rounding.empty()) {
    throw InputError(
        fmt::format("{}: {} reads its map: must be DequantizeLinear", found.rounding, node.op()));
  }
  return found;
}

const ImportedMap& GraphImport::map(const OnnxNode& node, std::size_t i) const {
  const ImportedMap& found = padded_map(node, i);
  if (!found.padding.empty()) {
    throw InputError(
        fmt::format("{}: {} reads its map: must be Conv or AveragePool", found.padding, node.op()));
  }
  return found;
}

std::vector<float> GraphImport::numbers(const OnnxNode& node, std::size_t i,
                                        std::size_t count) const {
  const auto found = constant(node, i);
  if (found->is_integer || found->size() != count) {
    node.refuse_input(
        i, fmt::format("{} {}", to_string(found->dims), found->is_integer ? "integers" : "numbers"),
        fmt::format("{} numbers", count));
  }
  return found->numbers;
}

const std::vector<std::int64_t>& GraphImport::integers(const OnnxNode& node, std::size_t i) const {
  const auto found = constant(node, i);
  if (!found->is_integer) node.refuse_input(i, "real numbers", "integers");
  return found->integers;  // values_ keeps it
}

void GraphImport::define(const OnnxNode& node, ImportedMap map) {
  map.shared = map.shared || readers(node.output()) > 1;
  values_.emplace(node.output(), std::move(map));
}

void GraphImport::define(const OnnxNode& node, std::shared_ptr<const Constant> constant) {
  define_constant(node.output(), std::move(constant));
}

void GraphImport::define_constant(const std::string& name,
                                  std::shared_ptr<const Constant> constant) {
  constant_values_ += constant->size();
  if (constant_values_ > kMostConstantValues) {
    throw InputError(fmt::format("network {}: constants of more than {} values in all",
                                 graph_.name(), kMostConstantValues));
  }
  values_.emplace(name, std::move(constant));
}

void GraphImport::append(const OnnxNode& node, std::shared_ptr<const Operator> op,
                         const std::vector<ValueId>& inputs, Parameters parameters,
                         std::size_t rank) {
  ImportedMap made;
  made.value = graph_.append(free_name(module_of(node)), std::move(op), inputs, node.where());
  made.dims = dims_of(graph_.shape(made.value), rank);
  parameters_.push_back(std::move(parameters));
  define(node, made);
}

bool GraphImport::add_to_bias(const ImportedMap& map, const std::vector<float>& numbers) {
  if (map.value == kImageValue || map.shared) return false;
  const NodeId maker = maker_of(map.value);
  const std::string kind = graph_.nodes()[maker].op->kind();
  if (kind != "convolution" && kind != "linear") return false;
  std::vector<float>& bias = parameters_[maker].at(1);
  for (std::size_t i = 0; i < bias.size(); ++i) bias[i] += numbers[i];
  return true;
}

void GraphImport::mark_integers(const OnnxNode& node, float step) {
  auto& map = std::get<ImportedMap>(values_.at(node.output()));
  map.integers = step;
  map.rounding = node.where();
}

void GraphImport::leave_out(const OnnxNode& node, const std::string& reason) {
  note(fmt::format("{}: {}", node.where(), reason));
  if (is_constant(node, 0)) {
    define(node, constant(node, 0));
  } else {
    define(node, padded_map(node, 0));
  }
}

const ImportedMap* GraphImport::find_map(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : std::get_if<ImportedMap>(&found->second);
}

std::string GraphImport::free_name(const std::string& wanted) {
  const std::string plain = plain_name(wanted, "node");
  std::string name = plain;
  for (int number = 2; !names_.insert(name).second; ++number)
    name = fmt::format("{}-{}", plain, number);
  return name;
}

ImportedNetwork GraphImport::take(const std::string& where) {
  const ImportedMap* const output = find_map(output_);
  if (output == nullptr) {
    throw InputError(fmt::format("{}: output {}: must be what a node makes of the image", where,
                                 quote(output_)));
  }
  if (!output->padding.empty())
    throw InputError(fmt::format("{}: ends the network: Conv or AveragePool must read its map",
                                 output->padding));
  if (!output->rounding.empty()) {
    throw InputError(
        fmt::format("{}: ends the network: DequantizeLinear must read its map", output->rounding));
  }
  return {std::move(graph_), std::move(parameters_), std::move(notes_), std::move(steps_)};
}

}  // namespace kirchhoff::quant
