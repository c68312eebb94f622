#include "quant/network/policy.h"

#include <gtest/gtest.h>

#include "files.h"
#include "quant/network/lower.h"
#include "quant/network/networks.h"
#include "quant/network/policy_formats.h"
#include "tests/support/random_graphs.h"

namespace kirchhoff::quant {
namespace {

class PolicyTest : public testing::Test {
 protected:
  Policy parse(const std::string& text) const { return parse_policy(text, network_); }
  void expect_refused(const std::string& text, const std::vector<std::string>& parts) const {
    SCOPED_TRACE(text);
    expect_input_error([&] { parse(text); }, parts);
  }
  void expect_file_refused(const std::string& json, const std::vector<std::string>& parts) const {
    SCOPED_TRACE(json);
    const std::string path = folder_.path("policy.json");
    write_file(path, json);
    std::vector<std::string> all = parts;
    all.push_back(path);
    expect_input_error([&] { parse(path); }, all);
  }

  const Network network_ = lenet5();
  const Policy mixed_{{{8, 8}, {5, 7}, {2, 3}, {6, 4}, {8, 8}}};
  const TemporaryFolder folder_;
};

TEST_F(PolicyTest, AUniformPolicyCoversEveryLayer) {
  const Policy policy = parse("W6A4");
  EXPECT_EQ(policy, Policy::uniform(network_, 6, 4));
  ASSERT_EQ(policy.layers.size(), 5);
  EXPECT_EQ(policy.layers[LayerId{2}].weight, 6);
  EXPECT_EQ(policy.layers[LayerId{2}].activation, 4);
  EXPECT_EQ(parse("w6a4"), policy);
}

TEST_F(PolicyTest, AListGivesWeightAndActivationBitsInOrder) {
  EXPECT_EQ(parse("8/8,5/7,2/3,6/4,8/8"), mixed_);
  EXPECT_EQ(mixed_.to_string(), "8/8,5/7,2/3,6/4,8/8");
  EXPECT_DOUBLE_EQ(mixed_.mean_weight_bits(), 29.0 / 5.0);
}

TEST_F(PolicyTest, AFileIsReadBackAsItWasWritten) {
  const std::string path = folder_.path("policy.json");
  write_file(path, policy_json(mixed_, network_));
  EXPECT_EQ(parse(path), mixed_);
}

TEST_F(PolicyTest, AFileMayListTheWidthsAlone) {
  const std::string path = folder_.path("policy.json");
  write_file(path, "[[8, 8], [5, 7], [2, 3], [6, 4], [8, 8]]");
  EXPECT_EQ(parse(path), mixed_);
  expect_file_refused("[[8, 8]]", {"1 entries", "5 weight layers"});
  expect_file_refused("[[8, 8], [5, 17], [2, 3], [6, 4], [8, 8]]",
                      {"[1] (C3): activation bits = 17: must be an integer in [2, 16]"});
  expect_file_refused("[[8, 8], [5], [2, 3], [6, 4], [8, 8]]",
                      {"[1] (C3): [5]: must be [weight bits, activation bits]"});
  expect_file_refused("[[8, 8], \"5/7\", [2, 3], [6, 4], [8, 8]]", {"[1] (C3): \"5/7\""});
  expect_file_refused("[[8, 8], [5.0, 7], [2, 3], [6, 4], [8, 8]]", {"weight bits = 5.0"});
}

TEST_F(PolicyTest, EveryFormComesBackAsTheSamePolicyOfAnyNetwork) {
  RandomGraphs random(31);
  for (int round = 0; round < 60; ++round) {
    const Network network = lower(random.graph()).network;
    if (network.weight_layers().empty()) continue;
    const Policy policy = random.policy(network, 16);
    for (const std::string& text : {policy.to_string() + "\n", policy_json(policy, network),
                                    policy_csv(policy, network), policy_haq(policy, network)}) {
      SCOPED_TRACE(text);
      EXPECT_EQ(parse_policy_file(text, "own", network), policy);
    }
  }
}

TEST_F(PolicyTest, AFileHasTheFormThatItsTextShows) {
  const std::string pairs = "[8, 8], [5, 7], [2, 3], [6, 4], [8, 8]";
  const std::string rows = "C1,8,8\nC3,5,7\nC5,2,3\nF6,6,4\nOUT,8,8\n";
  for (const std::string& text : std::vector<std::string>{
           "8/8,5/7,2/3,6/4,8/8", "\n 8/8,5/7,2/3,6/4,8/8 \n", "[" + pairs + "]",
           "[" + pairs + ",\n]", "(" + pairs + ")", "[(8, 8), (5, 7), (2, 3), (6, 4), (8, 8,)]",
           "[[8, -1]" + pairs.substr(6) + "]", "best policy: [" + pairs + "]\n",
           "best reward: -0.1\nbest policy: [[2, 2]]\n#1: acc: 90\nbest policy: [" + pairs + "]\n",
           "\x1b[92m New best policy: [" + pairs + "], reward: -0.021, acc: 91.0\x1b[00m\n",
           "best_policy:  [" + pairs + "]", "layer,weight,activation\n" + rows,
           "\xef\xbb\xbflayer,weight,activation\r\n\"C1\", "
           "8,8\r\nC3,5,7\nC5,2,3\nF6,6,4\nOUT,8,8\n\n"}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(parse_policy_file(text, "file", network_), mixed_);
  }
  EXPECT_EQ(parse_policy_file("W6A4\n", "file", network_), Policy::uniform(network_, 6, 4));
  // Weights alone: nobody says anything of activations.
  EXPECT_EQ(parse_policy_file("[8, 5, 2, 6, 8]", "file", network_), parse("8/8,5/8,2/8,6/8,8/8"));
  EXPECT_EQ(policy_haq(mixed_, network_), "[[8, -1], [5, 7], [2, 3], [6, 4], [8, 8]]\n");
  EXPECT_EQ(policy_csv(mixed_, network_), "layer,weight,activation\n" + rows);
}

TEST_F(PolicyTest, RefusesListsAndTablesWithASlip) {
  const std::string head = "layer,weight,activation\n";
  expect_file_refused("8/8,5/7", {"2 entries", "5 weight layers"});
  expect_file_refused("W17A4", {"weight bits = 17: must be in [2, 16]"});
  expect_file_refused("[8, 5, 2, 6]", {"4 entries", "5 weight layers"});
  expect_file_refused("[8, 5, 1, 6, 8]", {"[2] (C5): weight bits = 1: must be an integer"});
  expect_file_refused("[8, [5, 7], 2, 6, 8]", {"[1] (C3): weight bits = [5,7]"});
  expect_file_refused("[[8, 8], [5, -1], [2, 3], [6, 4], [8, 8]]",
                      {"[1] (C3): activation bits = -1"});
  expect_file_refused("[[8, 8], 5, [2, 3], [6, 4], [8, 8]]", {"[1] (C3): 5: must be [weight"});
  expect_file_refused("[8, 5,\n 2 6, 8]", {"line 2, column 4"});
  expect_file_refused("best policy: [[8, 8], [5", {"not valid JSON"});
  expect_file_refused("best policy: none", {"not valid JSON"});
  expect_file_refused("name,w,a\n", {":1: \"name,w,a\": must be the line layer,weight,activation"});
  expect_file_refused(head, {"0 entries", "5 weight layers"});
  expect_file_refused(head + "C1,8\n", {":2: 2 columns: must be layer,weight,activation"});
  expect_file_refused(head + "C1,8,8\nC5,8,8\n",
                      {":3: layer = \"C5\": must be \"C3\", in the network's order"});
  expect_file_refused(head + "C1,8,8\nC3,17,8\n",
                      {":3: weight = \"17\": must be an integer in [2, 16]"});
  expect_file_refused(head + "C1,8,8\nC3,8,7.5\n", {":3: activation = \"7.5\": must be"});
  expect_file_refused(policy_csv(mixed_, network_) + "X,8,8\n",
                      {":7: \"X\": network lenet5 has 5 weight layers"});
}

TEST_F(PolicyTest, RefusesBitsOutOfRange) {
  expect_refused("W17A4", {"W17A4", "weight bits = 17", "[2, 16]"});
  expect_refused("W1A4", {"weight bits = 1"});
  expect_refused("W6A0", {"activation bits = 0", "[2, 16]"});
  expect_refused("W99999999999999999999A4", {"weight bits"});
  expect_refused("8/8,5/17,2/3,6/4,8/8", {"entry 2 (layer C3)", "activation bits = 17", "[2, 16]"});
  expect_refused("8/8,5/7,1/3,6/4,8/8", {"entry 3 (layer C5)", "weight bits = 1"});
  EXPECT_THROW(Policy::uniform(network_, 8, 17), InputError);
}

TEST_F(PolicyTest, RefusesAListOfAnotherLengthOrForm) {
  expect_refused("8/8,8/8", {"2 entries", "lenet5 has 5"});
  expect_refused("8/8,8/8,8/8,8/8,8/8,8/8", {"6 entries"});
  expect_refused("8/8,8/8,8/8,8/8,8/8,", {"entry 6", "for example 6/4"});
  expect_refused("8/8,,8/8,8/8,8/8", {"entry 2 (layer C3)"});
  expect_refused("8/8,8,8/8,8/8,8/8", {"entry 2 (layer C3)"});
  expect_refused("8/8,8/x,8/8,8/8,8/8", {"entry 2 (layer C3)"});
  expect_refused("8/8, 8/8,8/8,8/8,8/8", {"entry 2 (layer C3)"});
  expect_refused("8", {"entry 1 (layer C1)"});
  expect_refused("/8", {"entry 1 (layer C1)"});
}

TEST_F(PolicyTest, RefusesTextOfNoKnownForm) {
  expect_refused("", {"W6A4", "8/8,5/7,8/8", "JSON"});
  expect_refused("W6", {"no such file", "W6A4"});
  expect_refused("W6A", {"no such file"});
  expect_refused("W6A4x", {"no such file"});
  expect_refused("W-6A4", {"no such file"});
  expect_refused("best.json", {"\"best.json\"", "no such file"});
  expect_refused(folder_.path(), {"is a folder, not a file"});
}

TEST_F(PolicyTest, RefusesAFileThatDoesNotDescribeThisNetwork) {
  const std::string good = policy_json(mixed_, network_);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  };
  expect_file_refused("", {"not valid JSON"});
  expect_file_refused(good.substr(0, good.size() / 2), {"not valid JSON"});
  expect_file_refused("{\"layers\": []}", {"\"network\" is missing"});
  expect_file_refused(with("lenet5", "vgg13"), {"network = \"vgg13\"", "lenet5"});
  expect_file_refused(with("\"C3\"", "\"C4\""),
                      {"layers[1] (C3)", "name = \"C4\"", "must be \"C3\""});
  expect_file_refused(with("\"w\": 5", "\"w\": 17"), {"layers[1] (C3)", "w = 17", "[2, 16]"});
  expect_file_refused(with("\"w\": 5", "\"w\": 5.5"), {"w = 5.5"});
  expect_file_refused(with("\"a\": 7", "\"a\": true"), {"layers[1] (C3)", "a = true"});
  expect_file_refused(with("\"a\": 7", "\"b\": 7"),
                      {"layers[1] (C3)", "unknown key \"b\"", "name, w, a"});
  expect_file_refused(with("\"w\": 5,", ""), {"layers[1] (C3)", "\"w\" is missing"});
  expect_file_refused(with("\"w\": 5", "\"w\": 5, \"w\": 6"), {"\"w\" appears twice"});
  expect_file_refused("{\"network\": \"lenet5\", \"layers\": []}",
                      {"0 entries", "5 weight layers"});
  expect_file_refused("{\"network\": \"lenet5\", \"layers\": {}}", {"layers = {}", "array"});
}

}  // namespace
}  // namespace kirchhoff::quant
