#include <filesystem>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/refusal.h"

namespace kirchhoff::cli {
namespace {

using Json = nlohmann::json;

std::string output_of(const Arguments& arguments, const ScratchDirectory& folder) {
  const Outcome outcome = run_program(arguments, folder.path());
  EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
  return outcome.output;
}

TEST(PolicyCommand, WritesFormsThatEveryCommandReads) {
  const ScratchDirectory folder;
  const std::string policy = "8/8,5/7,2/3,6/4,8/8";
  const std::string mapping = output_of({"map", "--policy", policy}, folder);
  for (const Arguments& form : {Arguments{"p.json"}, Arguments{"p.csv"}, Arguments{"p.txt"},
                                Arguments{"p.haq", "--format", "haq"}}) {
    SCOPED_TRACE(form.front());
    Arguments write = {"policy", policy, "--out"};
    write.insert(write.end(), form.begin(), form.end());
    output_of(write, folder);
    EXPECT_EQ(output_of({"policy", form.front(), "--format", "text"}, folder), policy + "\n");
    EXPECT_EQ(output_of({"map", "--policy", form.front()}, folder), mapping);
  }
  // The form follows the name, and what is printed is what would be written.
  for (const auto& [format, file] :
       {std::pair{"json", "p.json"}, std::pair{"csv", "p.csv"}, std::pair{"haq", "p.haq"}}) {
    EXPECT_EQ(output_of({"policy", policy, "--format", format}, folder),
              contents_of(folder.file(file)));
  }
}

TEST(PolicyCommand, ATableHasBitsMeansAndSize) {
  const ScratchDirectory folder;
  const Json json =
      Json::parse(output_of({"policy", "8/8,5/7,2/3,6/4,8/8", "--json", "-"}, folder));
  EXPECT_EQ(json["network"], "lenet5");
  EXPECT_EQ(json["mean_weight_bits"], 29.0 / 5);
  EXPECT_EQ(json["mean_activation_bits"], 30.0 / 5);
  std::int64_t size = 0, eight = 0;
  for (const Json& layer : json["layers"]) {
    const std::int64_t weights = layer["weights"];
    EXPECT_EQ(layer["size_bits"], weights * layer["w"].get<int>());
    size += weights * layer["w"].get<int>();
    eight += 8 * weights;
  }
  EXPECT_EQ(json["size_bits"], size);
  EXPECT_EQ(json["size_ratio"], static_cast<double>(size) / static_cast<double>(eight));
  const std::string table = output_of({"policy", "8/8,5/7,2/3,6/4,8/8"}, folder);
  EXPECT_NE(table.find("5.80  6.00"), std::string::npos) << table;
  EXPECT_NE(table.find(std::to_string(size)), std::string::npos) << table;
}

TEST(PolicyCommand, ComparesAndChangesTheSecond) {
  const ScratchDirectory folder;
  const Arguments compare = {"policy", "W6A4", "W6A4", "--set", "C3=W5", "--set", "F6=W3A4"};
  const std::string table = output_of(compare, folder);
  EXPECT_NE(table.find("\n2 of 5 layers differ\n"), std::string::npos) << table;
  EXPECT_NE(table.find("W6A4, changed\n"), std::string::npos) << table;
  Arguments as_json = compare;
  as_json.insert(as_json.end(), {"--json", "-"});
  const Json json = Json::parse(output_of(as_json, folder));
  EXPECT_EQ(json["differ"], (Json{"C3", "F6"}));
  EXPECT_EQ(json["a"]["policy"], "6/4,6/4,6/4,6/4,6/4");
  EXPECT_EQ(json["b"]["policy"], "6/4,5/4,6/4,3/4,6/4");
  EXPECT_NE(output_of({"policy", "W6A4", "6/4,6/4,6/4,6/4,6/4"}, folder).find("\nno difference\n"),
            std::string::npos);
  // The range first, so that what is set stays set.
  EXPECT_EQ(output_of({"policy", "8/8,5/7,2/3,6/4,8/8", "--clamp", "4..6", "--set", "C5=W2",
                       "--format", "text"},
                      folder),
            "6/6,5/6,2/4,6/4,6/6\n");
}

TEST(PolicyCommand, ShowsWhatAQuantisedModelWasMadeFor) {
  const ScratchDirectory folder;
  const Outcome made =
      run_program({"export", "--policy", "8/8,5/7,4/6,6/4,8/8", "--onnx", "m.onnx"}, folder.path());
  ASSERT_EQ(made.exit_code, 0) << made.error;
  EXPECT_EQ(output_of({"policy", "model", "--network", "m.onnx", "--format", "text"}, folder),
            "8/8,5/7,4/6,6/4,8/8\n");
}

TEST(PolicyCommand, RefusesWhatItCannotDo) {
  const ScratchDirectory folder;
  write_text(folder.file("bad.csv"), "layer,weight,activation\nC1,8,8\nC3,x,8\n");
  for (const Refusal& refusal :
       {Refusal{{"policy"}, "policy: needs at least one POLICY (see kirchhoff policy --help)"},
        Refusal{{"policy", "W6A4", "W6A4", "W6A4"}, "policy: W6A4: one policy, or two to compare"},
        Refusal{{"policy", "W6A4", "W5A4", "--out", "x"}, "--out x: is of one policy"},
        Refusal{{"policy", "W6A4", "W5A4", "--format", "csv"}, "--format csv: is of one policy"},
        Refusal{{"policy", "best.csv"}, "policy \"best.csv\": no such file; must be"},
        Refusal{{"policy", "bad.csv"}, "bad.csv:3: weight = \"x\": must be an integer in [2, 16]"},
        Refusal{{"policy", "model"}, "policy model: the weights of lenet5 are not quantised"},
        Refusal{{"policy", "W6A4", "--clamp", "8..4"}, "--clamp 8..4: must be two widths in ["},
        Refusal{{"policy", "W6A4", "--clamp", "4"}, "--clamp 4: must be two widths in [2, 16]"},
        Refusal{{"policy", "W6A4", "--clamp", "1..8"}, "--clamp 1..8: must be two widths in ["},
        Refusal{{"policy", "W6A4", "--set", "C4=W4"},
                "--set C4=W4: \"C4\": no layer with weights of lenet5 (did you mean "},
        Refusal{{"policy", "W6A4", "--set", "C3=4", "--out", "x"},
                "--set C3=4: must be LAYER=BITS"},
        Refusal{{"policy", "W6A4", "--format", "xml"}, "--format xml: must be one of "}}) {
    expect_refused(refusal, folder);
  }
}

}  // namespace
}  // namespace kirchhoff::cli
