#include "sim/json_node.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/quote.h"

namespace kirchhoff::sim {

JsonNode JsonNode::operator[](const std::string& key) const {
  const std::string path = path_.empty() ? key : path_ + "." + key;
  if (!has(key)) refuse(path, "missing");
  return {json_.at(key), file_, path};
}

double JsonNode::number() const {
  require(json_.is_number(), "must be a number");
  return json_.get<double>();
}

std::uint64_t JsonNode::unsigned_up_to(std::uint64_t high) const {
  require(json_.is_number_unsigned() && json_.get<std::uint64_t>() <= high,
          fmt::format("must be an integer in [0, {}]", high));
  return json_.get<std::uint64_t>();
}

std::string JsonNode::text() const {
  require(json_.is_string(), "must be a string");
  return json_.get<std::string>();
}

void JsonNode::require(bool holds, const std::string& rule) const {
  if (!holds) refuse(path_, rule);
}

void JsonNode::refuse(const std::string& path, const std::string& rule) const {
  throw InputError(
      fmt::format("{}: {}: {} (a report is what kirchhoff simulate --json FILE writes)", file_,
                  path.empty() ? "report" : quote(path, 200), rule));
}

}  // namespace kirchhoff::sim
