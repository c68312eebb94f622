#include "cli/options/options.h"

#include <cstdint>
#include <sstream>

#include <gtest/gtest.h>

namespace kirchhoff::cli {
namespace {

struct Settings {
  bool resume = false;
  int episodes = 60;
  std::uint64_t seed = 1;
  double threshold = 0.9, rate = 0.5;
  std::string out = "result", method = "ppo";
  std::vector<std::string> inputs;
};

void declare(Options& options, Settings& settings) {
  options.flag("resume", settings.resume, "go on where it was stopped");
  options.integer("episodes", settings.episodes, 1, 1000, "length of the search");
  options.integer("seed", settings.seed, std::uint64_t{0}, ~std::uint64_t{0},
                  "of all random numbers");
  options.number("th", settings.threshold, Range::closed(0, 1), "lowest accuracy");
  options.number("rate", settings.rate, Range::positive(), "step size");
  options.choice("method", settings.method, {"ppo", "random"}, "how to search");
  options.text("out", settings.out, "FOLDER", "where to write");
  options.texts("input", settings.inputs, "FILE", "an image");
}

std::string error_of(const std::vector<std::string>& arguments, const char* required = nullptr) {
  Settings settings;
  Options options("search", "Searches");
  declare(options, settings);
  if (required != nullptr) options.require(required);
  try {
    (void)options.parse(arguments);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(Options, ReadsEveryKind) {
  Settings settings;
  Options options("search", "Searches");
  declare(options, settings);
  EXPECT_TRUE(
      options.parse({"--resume", "--episodes", "5", "--seed=18446744073709551615", "--th", "1e-1",
                     "--method", "random", "--out", "a b", "--input", "x", "--input", "y"}));
  EXPECT_TRUE(settings.resume);
  EXPECT_EQ(settings.episodes, 5);
  EXPECT_EQ(settings.seed, 18446744073709551615u);
  EXPECT_EQ(settings.threshold, 0.1);
  EXPECT_EQ(settings.method, "random");
  EXPECT_EQ(settings.out, "a b");
  EXPECT_EQ(settings.inputs, (std::vector<std::string>{"x", "y"}));
  EXPECT_TRUE(options.given("th"));
  EXPECT_FALSE(options.given("rate"));
  EXPECT_EQ(settings.rate, 0.5);
}

TEST(Options, AValueMayBeginWithADash) {
  Settings settings;
  Options options("search", "Searches");
  declare(options, settings);
  EXPECT_TRUE(options.parse({"--out", "-folder"}));
  EXPECT_EQ(settings.out, "-folder");
  EXPECT_EQ(error_of({"--th", "-1"}), "--th -1: must be a number in [0, 1]");
}

TEST(Options, AnOptionMayDecideTheDefaultsOfOthers) {
  const auto parsed = [](const std::vector<std::string>& arguments) {
    std::string network = "small";
    int epochs = 0;
    Options options("train", "Trains");
    options.text("network", network, "NAME", "what to train");
    options.integer("epochs", epochs, 0, 100, "how long");
    options.decides("network", [&] { epochs = network == "large" ? 30 : 10; });
    EXPECT_TRUE(options.parse(arguments));
    return epochs;
  };
  EXPECT_EQ(parsed({}), 10);
  EXPECT_EQ(parsed({"--network", "large"}), 30);
  EXPECT_EQ(parsed({"--network=large"}), 30);
  EXPECT_EQ(parsed({"--epochs", "5", "--network=large"}), 5);
  EXPECT_EQ(parsed({"--network=large", "--epochs=5"}), 5);
}

TEST(Options, DashHIsHelpWhereNoValueIs) {
  Settings settings;
  Options options("search", "Searches");
  declare(options, settings);
  EXPECT_TRUE(options.parse({"--out", "-h"}));
  EXPECT_EQ(settings.out, "-h");
  ::testing::internal::CaptureStdout();
  EXPECT_FALSE(options.parse({"-h"}));
  EXPECT_NE(::testing::internal::GetCapturedStdout(), "");
}

TEST(Options, WrongValuesNameFlagValueAndRule) {
  EXPECT_EQ(error_of({"--episodes", "0"}), "--episodes 0: must be an integer in [1, 1000]");
  EXPECT_EQ(error_of({"--episodes", "5x"}), "--episodes 5x: must be an integer in [1, 1000]");
  EXPECT_EQ(error_of({"--episodes", ""}), "--episodes '': must be an integer in [1, 1000]");
  EXPECT_EQ(error_of({"--seed", "-1"}),
            "--seed -1: must be an integer in [0, 18446744073709551615]");
  EXPECT_EQ(error_of({"--th", "nan"}), "--th nan: must be a number in [0, 1]");
  EXPECT_EQ(error_of({"--rate", "0"}), "--rate 0: must be a number greater than 0");
  EXPECT_EQ(error_of({"--rate", "inf"}), "--rate inf: must be a number greater than 0");
  EXPECT_EQ(error_of({"--out", ""}), "--out '': must not be empty");
  EXPECT_EQ(error_of({"--input="}), "--input: needs a value");
  EXPECT_EQ(error_of({"--method", "sgd"}), "--method sgd: must be one of ppo, random");
}

TEST(Options, WrongFlagsAreRefused) {
  EXPECT_EQ(error_of({"--episode", "5"}), "--episode: unknown option (did you mean --episodes?)");
  EXPECT_EQ(error_of({"--zzz"}), "--zzz: unknown option (see kirchhoff search --help)");
  EXPECT_EQ(error_of({"--out"}), "--out: needs a value");
  EXPECT_EQ(error_of({"--out", "--resume"}), "--out: needs a value");
  EXPECT_EQ(error_of({"--resume=yes"}), "--resume: takes no value");
  EXPECT_EQ(error_of({"--resume", "--resume"}), "--resume: given twice");
  EXPECT_EQ(error_of({"--out", "a", "--out", "b"}), "--out: given twice");
  EXPECT_EQ(error_of({"result"}),
            "search: unexpected argument 'result' (see kirchhoff search --help)");
  EXPECT_EQ(error_of({"-o", "a"}),
            "search: unexpected argument '-o' (see kirchhoff search --help)");
  EXPECT_EQ(error_of({}, "out"), "--out FOLDER: is required (see kirchhoff search --help)");
}

TEST(Options, HelpShowsMeaningsAndDefaultsAndWinsOverMistakes) {
  Settings settings;
  Options options("search", "Searches bit widths");
  declare(options, settings);
  const std::string help = options.help();
  EXPECT_EQ(help.substr(0, 56), "Searches bit widths\n\nusage: kirchhoff search [options]\n\n");
  EXPECT_NE(help.find("  --episodes N   length of the search (default 60)\n"), std::string::npos)
      << help;
  EXPECT_NE(help.find("  --resume       go on where it was stopped\n"), std::string::npos) << help;
  ::testing::internal::CaptureStdout();
  EXPECT_FALSE(options.parse({"--episodes", "0", "--help"}));
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), help);
}

TEST(Options, HelpFitsTheWidthThatItGets) {
  Settings settings;
  Options options("search",
                  std::string("Searches ") + std::string(20, 'x') + " bit widths of all the " +
                      "layers that there are in a network, and of what lies between them");
  declare(options, settings);
  options.text("a-long-name-of-an-option", settings.out, "FILE",
               "what takes many words to be told, so that its text has to go on in a line of its "
               "own, and then in another one");
  const std::string wide = options.help(false, 100), narrow = options.help(false, 80);
  EXPECT_NE(wide, narrow);
  for (const auto& [page, width] : {std::pair{wide, 100u}, {narrow, 80u}}) {
    std::istringstream lines(page);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), width) << line;
  }
}

TEST(Options, EveryCommandMayBeQuiet) {
  Options options("search", "Searches");
  EXPECT_NE(options.help().find("\n  --quiet "), std::string::npos);
  const auto words = [](const std::vector<std::string>& arguments, std::size_t least) {
    Options one("list", "Lists");
    std::vector<std::string> kinds;
    one.words(kinds, "KIND", least);
    return one.parse(arguments) && kinds == arguments;
  };
  EXPECT_TRUE(words({}, 0));
  EXPECT_TRUE(words({"a", "b"}, 1));
  EXPECT_THROW(words({}, 1), InputError);
}

}  // namespace
}  // namespace kirchhoff::cli
