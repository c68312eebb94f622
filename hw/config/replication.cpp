#include "hw/config/replication.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace kirchhoff::hw {

std::string Replication::text() const {
  return balance ? "balance" : fmt::format("{}", fmt::join(copies, ","));
}

bool Replication::assign(std::string_view text) {
  if (text == "balance") {
    *this = {true, {1}};
    return true;
  }
  std::vector<int> numbers;
  while (true) {
    int number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || number < 1 || number > kMost) return false;
    numbers.push_back(number);
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
    if (text.empty()) break;
    if (text.front() != ',') return false;
    text.remove_prefix(1);
  }
  *this = {false, std::move(numbers)};
  return true;
}

}  // namespace kirchhoff::hw
