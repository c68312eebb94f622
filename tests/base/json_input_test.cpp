#include "base/json_input.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json_text.h"

namespace kirchhoff {
namespace {

std::string failure_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

std::string parse_failure(const std::string& text) {
  const std::string strict = failure_of([&] { parse_json(text, "a.json"); });
  EXPECT_EQ(strict, failure_of([&] { parse_ordered_json(text, "a.json"); }));
  return strict;
}

std::string nested(int depth) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += i % 2 == 0 ? "[" : "{\"a\":";
  text += "1";
  for (int i = depth - 1; i >= 0; --i) text += i % 2 == 0 ? "]" : "}";
  return text;
}

TEST(JsonInput, NestingHasALimitAndAPlace) {
  EXPECT_EQ(parse_failure(nested(kMaxJsonDepth)), "");
  const std::string deeper = nested(kMaxJsonDepth + 1);
  EXPECT_EQ(parse_failure("\n" + deeper),
            "a.json: line 2, column 193: arrays and objects are nested more than 64 deep");
  EXPECT_NE(parse_failure(std::string(1'000'000, '[')), "");
  // Brackets inside strings nest nothing.
  EXPECT_EQ(parse_failure("\"" + std::string(100, '[') + "\\\"" + std::string(100, '{') + "\""),
            "");
}

TEST(JsonInput, RepeatedKeysAndNumbersBeyondADoubleAreRefused) {
  EXPECT_EQ(parse_failure(R"({"a": {"b": 1, "b": 2}})"),
            R"(a.json: key "b" appears twice in one object)");
  EXPECT_EQ(parse_failure(R"([{"b": 1}, {"b": 2}])"), "");
  EXPECT_NE(parse_failure("[1e400]").find("not valid JSON: number overflow"), std::string::npos);
  for (const char* text : {"[NaN]", "[Infinity]", "[-Infinity]", "[1] 2", "", "\xff"}) {
    EXPECT_NE(parse_failure(text).find("a.json: not valid JSON"), std::string::npos) << text;
  }
}

TEST(JsonInput, ComplaintsAreShortWhateverTheTextHolds) {
  EXPECT_LT(parse_failure("[" + std::string(100'000, '7')).size(), 300U);
  EXPECT_LT(parse_failure("[\"" + std::string(100'000, 'x') + "\n\"]").size(), 300U);
  EXPECT_LT(parse_failure("{\"" + std::string(100'000, 'x') + "\":1,\"" +
                          std::string(100'000, 'x') + "\":1}")
                .size(),
            300U);
  EXPECT_EQ(quoted(nlohmann::json("\x1b[2J\xff")), R"("\u001b[2J)"
                                                   "\xef\xbf\xbd\"");
}

TEST(JsonInput, IntegersAreTakenAsTheyAreOrRefused) {
  const auto json = parse_json(
      R"({"big": 18446744073709551615, "huge": 1e300, "minus": -1, "half": 0.5, "text": "1"})",
      "a");
  EXPECT_EQ(unsigned_value(json["big"], "a"), UINT64_MAX);
  for (const char* key : {"huge", "minus", "half", "text"}) {
    EXPECT_NE(failure_of([&] { unsigned_value(json[key], "a"); }), "") << key;
    EXPECT_NE(failure_of([&] { integer_member(json, key, "a", 0, INT64_MAX); }), "") << key;
  }
  EXPECT_NE(failure_of([&] { integer_member(json, "big", "a", 0, INT64_MAX); }), "");
  EXPECT_EQ(number_member(json, "huge", "a"), 1e300);
  EXPECT_EQ(failure_of([&] { number_member(json, "text", "a"); }),
            R"(a: text = "1": must be a number)");
  EXPECT_EQ(failure_of([&] { number_member(json, "none", "a"); }), R"(a: key "none" is missing)");
}

TEST(JsonInput, ComplaintsOfTheLibraryNameThePlace) {
  const auto json = parse_json(R"({"a": "x"})", "a");
  EXPECT_EQ(failure_of([&] {
              read_members("f.json", "is no such file", [&] { json.at("a").get<int>(); });
            }),
            "f.json: is no such file: type must be number, but is string");
  EXPECT_EQ(failure_of([&] { read_members("f.json", "x", [] { throw InputError("a = 1: no"); }); }),
            "f.json: a = 1: no");
}

TEST(JsonText, BytesThatAreNotUtf8AreReplaced) {
  EXPECT_EQ(json_line(nlohmann::json{{"path", "caf\xe9"}}), "{\"path\":\"caf\xef\xbf\xbd\"}");
  EXPECT_EQ(json_text(nlohmann::ordered_json{{"a", 1}}), "{\n  \"a\": 1\n}\n");
}

TEST(JsonInput, WordsAreNumbersOrText) {
  EXPECT_EQ(number_or_text("8"), 8);
  EXPECT_EQ(number_or_text("true"), true);
  EXPECT_EQ(number_or_text("offset"), "offset");
  EXPECT_EQ(number_or_text("[1]"), "[1]");
}

}  // namespace
}  // namespace kirchhoff
