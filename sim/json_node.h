#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include <nlohmann/json.hpp>

namespace kirchhoff::sim {

/// A place in a report's JSON. What is missing or of another type is an InputError that names file
/// and place. The document must outlive it.
class JsonNode {
 public:
  JsonNode(const nlohmann::json& json, std::string file, std::string path = "")
      : json_(json), file_(std::move(file)), path_(std::move(path)) {}

  JsonNode operator[](const std::string& key) const;
  bool has(const std::string& key) const { return json_.is_object() && json_.contains(key); }
  double number() const;
  /// From 0, as all counts of a report are.
  template <typename Integer = int>
  Integer integer(Integer high = std::numeric_limits<Integer>::max()) const {
    return static_cast<Integer>(unsigned_up_to(static_cast<std::uint64_t>(high)));
  }
  std::string text() const;
  bool flag() const {
    require(json_.is_boolean(), "must be true or false");
    return json_.get<bool>();
  }
  template <typename Visit>
  void each(Visit&& visit) const {
    require(json_.is_array(), "must be a list");
    for (std::size_t i = 0; i < json_.size(); ++i)
      visit(JsonNode(json_[i], file_, path_ + "[" + std::to_string(i) + "]"));
  }
  template <typename Visit>
  void items(Visit&& visit) const {
    require(json_.is_object(), "must be an object");
    for (const auto& [key, value] : json_.items())
      visit(key, JsonNode(value, file_, path_ + "." + key));
  }
  const nlohmann::json& json() const { return json_; }

 private:
  std::uint64_t unsigned_up_to(std::uint64_t high) const;
  void require(bool holds, const std::string& rule) const;
  [[noreturn]] void refuse(const std::string& path, const std::string& rule) const;

  const nlohmann::json& json_;
  const std::string file_, path_;
};

}  // namespace kirchhoff::sim
