// Drawings of chips and mappings: those of the manual are the program's, and every figure is there.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "report/drawings/svg_writer.h"
#include "tests/cli/refusal.h"

namespace kirchhoff::cli {
namespace {

namespace fs = std::filesystem;

std::size_t count(const std::string& text, const std::string& word) {
  std::size_t times = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
    ++times;
  return times;
}

/// Every element is closed by its own end, and text has no stray angle brackets.
void expect_well_formed(const std::string& svg) {
  std::vector<std::string> open;
  for (std::size_t at = svg.find('<'); at != std::string::npos;) {
    const std::size_t end = svg.find('>', at);
    ASSERT_NE(end, std::string::npos);
    const std::string tag = svg.substr(at + 1, end - at - 1);
    const std::string name = tag.substr(0, tag.find_first_of(" /", 1));
    if (tag.front() == '/') {
      ASSERT_FALSE(open.empty());
      EXPECT_EQ("/" + open.back(), tag);
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(name);
    }
    EXPECT_EQ(count(tag, "\"") % 2, 0U) << tag;
    at = svg.find('<', end);
    const std::string between = svg.substr(end + 1, at == std::string::npos ? at : at - end - 1);
    EXPECT_EQ(between.find('>'), std::string::npos) << between;
  }
  EXPECT_TRUE(open.empty());
}

TEST(SvgWriter, TextIsNoMarkup) {
  report::SvgWriter svg(100, 50, "a <b> & \"c\"");
  svg.box(1, 2, 30, 40, "#fff", 0.25, "5 < 6");
  svg.text(10, 20, "x > y & z");
  svg.line(0, 0, 10, 10, true);
  const std::string text = svg.finish();
  expect_well_formed(text);
  EXPECT_NE(text.find("<title>a &lt;b&gt; &amp; &quot;c&quot;</title>"), std::string::npos) << text;
  EXPECT_NE(text.find("x &gt; y &amp; z</text>"), std::string::npos) << text;
  EXPECT_NE(text.find("fill-opacity=\"0.25\""), std::string::npos);
  EXPECT_NE(text.find("<title>5 &lt; 6</title></rect>"), std::string::npos);
  EXPECT_NE(text.find("marker-end=\"url(#arrow)\""), std::string::npos);
}

// docs/images/presets has the drawing of every preset and of nothing else.
TEST(BlockDiagram, ThePicturesOfTheManualAreThoseOfThePresets) {
  const ScratchDirectory folder;
  const fs::path pictures = KIRCHHOFF_PRESET_PICTURES;
  const bool update = std::getenv("KIRCHHOFF_UPDATE_GOLDEN") != nullptr;
  std::set<std::string> names;
  for (const auto& file : fs::directory_iterator(KIRCHHOFF_PRESETS)) {
    const std::string name = file.path().stem().string();
    names.insert(name + ".svg");
    const Outcome outcome =
        run_program({"config", "--preset", name, "--svg", "drawing.svg"}, folder.path());
    ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
    EXPECT_EQ(outcome.output, "");
    const std::string drawing = contents_of(folder.file("drawing.svg"));
    expect_well_formed(drawing);
    const fs::path picture = pictures / (name + ".svg");
    if (update) {
      fs::create_directories(pictures);
      std::ofstream(picture) << drawing;
    } else {
      EXPECT_EQ(contents_of(picture.string()), drawing)
          << "KIRCHHOFF_UPDATE_GOLDEN=1 draws " << name << " anew";
    }
  }
  for (const auto& file : fs::directory_iterator(pictures))
    EXPECT_EQ(names.count(file.path().filename().string()), 1U) << file.path();
}

TEST(BlockDiagram, HasTheFiguresOfItsConfiguration) {
  const ScratchDirectory folder;
  const auto drawing = [&](const Arguments& more) {
    Arguments words = {"config", "--svg", "-"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = run_program(words, folder.path());
    EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
    return outcome.output;
  };
  const std::string table4 = drawing({});
  for (const char* figure :
       {">table4</text>", "8 pairs of arrays", "128 x 128 cells of 1 bit", "1 SAR ADC per pair",
        "mesh of as many tiles as needed", "16 PEs", "sample-and-hold", "subtractors"})
    EXPECT_NE(table4.find(figure), std::string::npos) << figure;
  const std::string near_memory = drawing({"--dac.levels",
                                           "digital",
                                           "--dac.bits",
                                           "8",
                                           "--crossbar.rows_per_read",
                                           "1",
                                           "--mapping.encoding",
                                           "offset",
                                           "--sample_hold.present",
                                           "false",
                                           "--adc.kind",
                                           "integrate_fire",
                                           "--adc.per_pair",
                                           "16",
                                           "--chip.mesh_width",
                                           "5",
                                           "--chip.mesh_height",
                                           "3",
                                           "--tile.pes",
                                           "1"});
  for (const char* figure :
       {"table4, changed", "8 arrays", "1 row at once", "codes times digits of 8 bits",
        "16 spike counters per array", "9 columns to 1", "mesh of 5 x 3 tiles", ">1 PE</text>"})
    EXPECT_NE(near_memory.find(figure), std::string::npos) << figure;
  for (const char* absent : {"sample-and-hold", "subtractors", "DACs"})
    EXPECT_EQ(near_memory.find(absent), std::string::npos) << absent;
  expect_refused(
      {{"config", "adc", "--svg", "x.svg"}, "--svg x.svg: holds all keys: leave out adc"}, folder);
}

// A tile of the drawing for every tile of the mapping, and every place of the mesh.
TEST(MappingDrawing, HasEveryTileOfTheMapping) {
  const ScratchDirectory folder;
  for (const Arguments& more :
       {Arguments{"--policy", "W6A4"}, Arguments{"--network", "vgg13", "--policy", "W8A8"},
        Arguments{"--policy", "W8A8", "--mapping.replicate", "4"},
        Arguments{"--network", "vgg13", "--policy", "W8A8", "--chip.tiles", "16"},
        Arguments{"--preset", "isaac", "--policy", "W8A8"}}) {
    Arguments words = {"map", "--svg", "map.svg", "--json", "map.json"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = run_program(words, folder.path());
    ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
    EXPECT_NE(outcome.output, "") << "the table is printed as ever";
    const std::string drawing = contents_of(folder.file("map.svg"));
    expect_well_formed(drawing);
    const auto json = nlohmann::json::parse(contents_of(folder.file("map.json")));
    const auto tiles = json["tiles"].get<std::size_t>();
    EXPECT_EQ(count(drawing, "<title>tile "), tiles);
    const std::size_t rounds = json.contains("rounds") ? json["rounds"].get<std::size_t>() : 1,
                      places = rounds * json["mesh"]["width"].get<std::size_t>() *
                               json["mesh"]["height"].get<std::size_t>();
    EXPECT_EQ(count(drawing, "fill=\"#ffffff\""), places);
    EXPECT_EQ(count(drawing, ">round "), rounds > 1 ? rounds : 0);
    for (const auto& layer : json["layers"]) {
      const std::string name = layer["name"].get<std::string>();
      for (const auto& tile : layer["tiles"]) {
        const std::string entry = fmt::format("<title>tile {}: {}", tile["node"].get<int>(), name);
        EXPECT_NE(drawing.find(entry), std::string::npos) << entry;
      }
      EXPECT_NE(drawing.find(">" + name + "</text>"), std::string::npos) << name;
    }
  }
}

}  // namespace
}  // namespace kirchhoff::cli
