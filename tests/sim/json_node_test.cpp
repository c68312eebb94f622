#include "sim/json_node.h"

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"

namespace kirchhoff::sim {
namespace {

class JsonNodeTest : public testing::Test {
 protected:
  const nlohmann::json json_ = nlohmann::json::parse(
      R"({"count": 7, "less": -1, "part": 0.5, "name": "C3", "list": [1, {"deep": true}], "of": {"a": 1, "b": 2}})");
  const JsonNode node_{json_, "r.json"};

  static std::string error_of(const std::function<void()>& read) {
    try {
      read();
    } catch (const InputError& error) {
      const std::string text = error.what();
      return text.substr(0, text.find(" (a report is"));
    }
    return "";
  }
};

TEST_F(JsonNodeTest, ReadsWhatIsThere) {
  EXPECT_EQ(node_["count"].integer(), 7);
  EXPECT_EQ(node_["count"].number(), 7);
  EXPECT_EQ(node_["part"].number(), 0.5);
  EXPECT_EQ(node_["name"].text(), "C3");
  EXPECT_TRUE(node_.has("of"));
  EXPECT_FALSE(node_.has("off"));
  EXPECT_FALSE(node_["count"].has("of")) << "a number has nothing";
  std::vector<std::string> keys;
  node_["of"].items([&](const std::string& key, const JsonNode& value) {
    keys.push_back(key + std::to_string(value.integer()));
  });
  EXPECT_EQ(keys, (std::vector<std::string>{"a1", "b2"}));
}

TEST_F(JsonNodeTest, NamesFileAndPlaceOfWhatIsWrong) {
  EXPECT_EQ(error_of([&] { node_["nothing"]; }), "r.json: nothing: missing");
  EXPECT_EQ(error_of([&] { node_["of"]["c"]; }), "r.json: of.c: missing");
  EXPECT_EQ(error_of([&] { node_["name"].number(); }), "r.json: name: must be a number");
  EXPECT_EQ(error_of([&] { node_["part"].text(); }), "r.json: part: must be a string");
  EXPECT_EQ(error_of([&] { node_["name"].each([](const JsonNode&) {}); }),
            "r.json: name: must be a list");
  EXPECT_EQ(error_of([&] { node_["list"].items([](const std::string&, const JsonNode&) {}); }),
            "r.json: list: must be an object");
  int place = 0;
  EXPECT_EQ(error_of([&] {
              node_["list"].each([&](const JsonNode& one) {
                if (place++ == 1) one["deep"].integer();
              });
            }),
            "r.json: list[1].deep: must be an integer in [0, 2147483647]");
}

TEST_F(JsonNodeTest, CountsAreWholeNotNegativeAndFitTheirType) {
  EXPECT_NE(error_of([&] { node_["less"].integer(); }), "");
  EXPECT_NE(error_of([&] { node_["part"].integer(); }), "");
  EXPECT_EQ(error_of([&] { node_["count"].integer(6); }),
            "r.json: count: must be an integer in [0, 6]");
  EXPECT_EQ(node_["count"].integer(7), 7);
  const nlohmann::json large = 3000000000u;
  EXPECT_NE(error_of([&] { JsonNode(large, "r.json").integer(); }), "");
  EXPECT_EQ(JsonNode(large, "r.json").integer<std::uint64_t>(), 3000000000u);
  EXPECT_EQ(error_of([&] { JsonNode(large, "r.json").text(); }),
            "r.json: report: must be a string");
}

}  // namespace
}  // namespace kirchhoff::sim
