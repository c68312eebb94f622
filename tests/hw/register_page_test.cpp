// The tables of docs/registers.md are what the lists of registers and counters say.

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "hw/config/register_map.h"
#include "hw/tile/tile.h"

namespace kirchhoff::hw {
namespace {

std::string limit(std::uint32_t value) {
  return value == reg::kMaxValue ? "2^31-1" : std::to_string(value);
}

std::string layer_table() {
  std::string table = "| offset | name | access | range | meaning |\n|---|---|---|---|---|\n";
  for (const auto& r : reg::kRegisters<LayerRegisters>) {
    table += fmt::format("| {:#05x} | {} | RW | {}..{} | {} |\n", r.offset, r.name, limit(r.low),
                         limit(r.high), r.meaning);
  }
  return table;
}

template <typename Bank>
std::string descriptor_table() {
  std::string table = "| + | name | access | meaning |\n|---|---|---|---|\n";
  for (const auto& r : reg::kRegisters<Bank>)
    table += fmt::format("| {:#04x} | {} | RW | {} |\n", r.offset, r.name, r.meaning);
  return table;
}

std::string counter_table() {
  std::string table = "| offset | name | counts |\n|---|---|---|\n";
  reg::Address address = reg::kCounterBase;
  TileCounters{}.visit([&](const char* name, std::uint64_t, const char* meaning) {
    table += fmt::format("| {:#x} | `{}` | {} |\n", address, name, meaning);
    address += 8;
  });
  return table;
}

/// Puts `table` between the marks `<!-- table: name -->` and `<!-- end -->`.
void fill(std::string& page, const std::string& name, const std::string& table) {
  const std::string begin = "<!-- table: " + name + " -->\n";
  const std::size_t at = page.find(begin);
  ASSERT_NE(at, std::string::npos) << name;
  const std::size_t from = at + begin.size(), to = page.find("<!-- end -->", from);
  ASSERT_NE(to, std::string::npos) << name;
  page.replace(from, to - from, "\n" + table + "\n");
}

TEST(RegisterPageTest, TablesFollowTheLists) {
  std::ostringstream text;
  text << std::ifstream(KIRCHHOFF_REGISTERS_PAGE).rdbuf();
  const std::string page = text.str();
  std::string made = page;
  fill(made, "layer", layer_table());
  fill(made, "blocks", descriptor_table<BlockRegisters>());
  fill(made, "groups", descriptor_table<GroupRegisters>());
  fill(made, "hops", descriptor_table<HopRegisters>());
  fill(made, "counters", counter_table());
  if (std::getenv("KIRCHHOFF_UPDATE_GOLDEN") != nullptr)
    std::ofstream(KIRCHHOFF_REGISTERS_PAGE) << made;
  else
    EXPECT_EQ(page, made) << "KIRCHHOFF_UPDATE_GOLDEN=1 writes the page anew";
}

}  // namespace
}  // namespace kirchhoff::hw
