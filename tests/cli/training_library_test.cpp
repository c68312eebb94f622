// LibTorch is opened by the commands that need it and by no other.
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/cli/program.h"

namespace kirchhoff::cli {
namespace {

namespace fs = std::filesystem;

TEST(TrainingLibrary, IsNotLinkedToTheProgram) {
  const ScratchDirectory folder;
  const Outcome outcome = run_shell("ldd \"$0\"", folder.path());
  ASSERT_EQ(outcome.exit_code, 0);
  EXPECT_NE(outcome.output.find("libsystemc"), std::string::npos);
  EXPECT_EQ(outcome.output.find("libtorch"), std::string::npos) << outcome.output;
}

/// A copy of the program with everything but its module.
class LoneProgram {
 public:
  LoneProgram() {
    const fs::path built = fs::path(KIRCHHOFF_PROGRAM).parent_path();
    fs::copy_file(KIRCHHOFF_PROGRAM, program());
    for (const char* name : {"presets", "models"})
      fs::create_directory_symlink(built / name, folder_.file(name));
  }
  std::string program() const { return folder_.file("kirchhoff"); }
  std::string module() const { return folder_.file("kirchhoff_training.so"); }
  Outcome run(std::vector<std::string> words) const {
    words.insert(words.begin(), program());
    return run_words(words, folder_.path());
  }
  std::string contents() const {
    std::string all;
    for (const std::string& name : folder_.names()) all += name + " ";
    return all;
  }

 private:
  ScratchDirectory folder_;
};

TEST(TrainingLibrary, WhatDoesNotTrainRunsWithoutIt) {
  const LoneProgram lone;
  EXPECT_EQ(lone.run({"evaluate", "--images", "20", "--policy", "W6A4"}).exit_code, 0);
  EXPECT_EQ(lone.run({"search", "--method", "uniform"}).exit_code, 0);
}

TEST(TrainingLibrary, ItsAbsenceIsSaidWithThePlacesWhereItWasLookedFor) {
  const LoneProgram lone;
  const std::string before = lone.contents();
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"train", "--epochs", "1"}, {"evaluate", "--device", "cuda", "--images", "20"}}) {
    const Outcome outcome = lone.run(words);
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_NE(outcome.error.find("module is neither " + lone.module() + " nor "), std::string::npos)
        << outcome.error;
    EXPECT_EQ(lone.contents(), before);
  }
}

TEST(TrainingLibrary, ASearchByGradientsThatLacksItGoesOnOnceItIsThere) {
  const LoneProgram lone;
  const std::vector<std::string> search = {
      "search", "--method", "ilp", "--plan.sensitivity", "gradient", "--validation-images",
      "40",     "--th",     "0.8", "--episodes",         "2",        "--final.candidates",
      "0",      "--out",    "run"};
  const Outcome without = lone.run(search);
  EXPECT_EQ(without.exit_code, 1);
  EXPECT_NE(without.error.find("module is neither "), std::string::npos) << without.error;
  fs::copy_file(fs::path(KIRCHHOFF_PROGRAM).parent_path() / "kirchhoff_training.so", lone.module());
  std::vector<std::string> resumed = search;
  resumed.emplace_back("--resume");
  const Outcome with = lone.run(resumed);
  EXPECT_EQ(with.exit_code, 0) << with.error;
  EXPECT_NE(with.output.find("3 accuracies"), std::string::npos) << with.output;
}

TEST(TrainingLibrary, AFileThatIsNoModuleIsAnError) {
  const LoneProgram lone;
  { std::ofstream(lone.module()) << "nothing"; }
  const Outcome outcome = lone.run({"train", "--epochs", "1"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.error.find("cannot be loaded: " + lone.module()), std::string::npos)
      << outcome.error;
}

}  // namespace
}  // namespace kirchhoff::cli
