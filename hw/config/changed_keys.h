#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

namespace kirchhoff::hw {

/// Visits a section of the configuration, then its defaults, and says what differs:
/// "cells.spread = neurram, cells.seed = 2".
class ChangedKeys {
 public:
  /// What is visited from here on is compared with what was.
  void compare() {
    visited_ = 0;
    comparing_ = true;
  }
  std::string text() const {
    std::string text;
    for (const auto& [key, value] : keys_) {
      if (key.empty()) continue;
      text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", key, value);
    }
    return text;
  }

  template <typename Number>
  void operator()(const char* key, const Number& member, double, double, const char*, const char*) {
    visit(key, fmt::format("{}", member));
  }
  template <typename Enum, std::size_t kCount>
  void operator()(const char* key, const Enum& member, const char* const (&names)[kCount],
                  const char*, const char*) {
    visit(key, names[static_cast<std::size_t>(member)]);
  }

 private:
  void visit(const char* key, const std::string& value) {
    if (!comparing_) {
      keys_.emplace_back(key, value);
    } else if (auto& [name, mine] = keys_[visited_++]; mine == value) {
      name.clear();
    }
  }

  std::vector<std::pair<std::string, std::string>> keys_;
  std::size_t visited_ = 0;
  bool comparing_ = false;
};

}  // namespace kirchhoff::hw
