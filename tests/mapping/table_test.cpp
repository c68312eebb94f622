#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "mapping/mapping.h"
#include "quant/network/networks.h"

namespace kirchhoff::mapping {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

class TableTest : public testing::Test {
 protected:
  const quant::Network network_ = quant::lenet5();
  const quant::Policy policy_ = quant::Policy::uniform(network_, 6, 3);
  const hw::ChipConfig config_;
  const Mapping mapping_ = map_network(network_, policy_, config_);
};

TEST_F(TableTest, HasALinePerLayerAndTheirSums) {
  const auto lines = lines_of(mapping_table(network_, policy_, mapping_, config_));
  ASSERT_EQ(lines.size(), 1u + 5 + 1);
  // C3: 6 channels of 5 x 5 make 150 rows, two blocks of 128, for 16 columns; six pairs each.
  EXPECT_EQ(words_of(lines[2]), (std::vector<std::string>{"C3", "6/3", "150", "16", "2x1", "6",
                                                          "24", "1", "100", "300", "0.073"}));
  const auto sum = words_of(lines.back());
  EXPECT_EQ(sum[0], "sum");
  EXPECT_EQ(sum[1], std::to_string(mapping_.pes()));
  EXPECT_EQ(sum[2], std::to_string(mapping_.crossbars()));
  EXPECT_EQ(sum[3], "5");
  for (const std::string& line : lines) EXPECT_LE(line.size(), lines[0].size());
}

TEST_F(TableTest, TheFloorplanHasEveryTileAtItsPlace) {
  const auto lines = lines_of(floorplan(network_, mapping_));
  ASSERT_EQ(mapping_.mesh_width, 3);
  ASSERT_EQ(mapping_.mesh_height, 2);
  ASSERT_EQ(lines.size(), 2u + 2 * 4);
  EXPECT_EQ(lines[0], "mesh 3 x 2, host port at the top left router");
  // The snake turns at the end of a row.
  EXPECT_EQ(words_of(lines[2]), (std::vector<std::string>{"|", "C1", "|", "C3", "|", "C5", "|"}));
  EXPECT_EQ(words_of(lines[6]), (std::vector<std::string>{"|", "|", "OUT", "|", "F6", "|"}));
  for (std::size_t i = 1; i < lines.size(); ++i) EXPECT_EQ(lines[i].size(), lines[1].size());
}

}  // namespace
}  // namespace kirchhoff::mapping
