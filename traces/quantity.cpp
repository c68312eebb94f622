#include "traces/quantity.h"

#include <array>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

#include "base/error.h"
#include "base/quote.h"

namespace kirchhoff {
namespace {

struct Unit {
  const char* name;
  double factor;
};

constexpr std::array<Unit, 5> kTimes{
    {{"ps", 1}, {"ns", 1e3}, {"us", 1e6}, {"ms", 1e9}, {"s", 1e12}}};
constexpr std::array<Unit, 5> kSizes{
    {{"B", 1}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}}};
// The kernel counts picoseconds in 64 bits, which end after 213 days.
constexpr double kLargest = 200.0 * 24 * 3600 * 1e12;

std::uint64_t parse(const std::string& flag, const std::string& text,
                    const std::array<Unit, 5>& units, const char* example, const char* smallest) {
  const auto refuse = [&](const std::string& rule) {
    throw InputError(fmt::format("{} {}: {}", flag, quote(text), rule));
  };
  std::string names;
  for (const Unit& unit : units) names += fmt::format("{}{}", names.empty() ? "" : ", ", unit.name);
  const std::string form =
      fmt::format("must be a number and one of {}, such as {}", names, example);
  std::size_t digits = 0;
  while (digits < text.size() &&
         (std::isdigit(static_cast<unsigned char>(text[digits])) != 0 || text[digits] == '.')) {
    ++digits;
  }
  std::size_t name = digits;
  while (name < text.size() && text[name] == ' ') ++name;
  const std::string number = text.substr(0, digits);
  char* end = nullptr;
  const double value = std::strtod(number.c_str(), &end);
  if (number.empty() || *end != '\0') refuse(form);
  for (const Unit& unit : units) {
    if (std::string_view(text).substr(name) != unit.name) continue;
    const double product = value * unit.factor;
    if (product > kLargest) refuse("is too large");
    const double whole = std::nearbyint(product);
    // 0.1 us is 100000 ps although 0.1 is no binary fraction.
    if (std::abs(whole - product) > 1e-9 * product)
      refuse(fmt::format("must be a whole number of {}", smallest));
    return static_cast<std::uint64_t>(whole);
  }
  refuse(form);
  return 0;
}

std::string format(double value, const std::array<Unit, 5>& units) {
  const Unit* best = &units.front();
  for (const Unit& unit : units) {
    if (value >= unit.factor) best = &unit;
  }
  return fmt::format("{:.4g} {}", value / best->factor, best->name);
}

}  // namespace

std::uint64_t parse_time_ps(const std::string& flag, const std::string& text) {
  return parse(flag, text, kTimes, "12us or 1.5ns", "ps");
}

std::uint64_t parse_bytes(const std::string& flag, const std::string& text) {
  return parse(flag, text, kSizes, "1GB or 500MB", "bytes");
}

std::string format_time(std::uint64_t ps) { return format(static_cast<double>(ps), kTimes); }
std::string format_bytes(double bytes) { return format(bytes, kSizes); }

}  // namespace kirchhoff
