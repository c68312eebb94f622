// `simulate --fst`: a trace on its way through another program keeps the manners of every output.
#include <csignal>
#include <filesystem>
#include <map>
#include <sstream>
#include <thread>
#include <utility>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/cli/background_program.h"
#include "tests/cli/refusal.h"

namespace kirchhoff::cli {
namespace {

namespace fs = std::filesystem;

/// A folder with a vcd2fst that is a script, for a PATH.
class FstTest : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directory(folder_.file("temporary")); }
  void make_converter(const std::string& script) {
    fs::create_directory(folder_.file("bin"));
    write_text(folder_.file("bin/vcd2fst"), "#!/bin/sh\n" + script + "\n");
    fs::permissions(folder_.file("bin/vcd2fst"), fs::perms::owner_all);
  }
  Outcome simulate(const std::string& options) const {
    return run_shell(
        "PATH=\"$PWD/bin:$PATH\" TMPDIR=\"$PWD/temporary\" \"$0\" simulate --policy "
        "W6A4 --weights random " +
            options,
        folder_.path());
  }
  /// Nothing of the user's is touched, nothing temporary is left.
  void expect_only(const Arguments& names) const {
    EXPECT_EQ(folder_.names(), names);
    EXPECT_TRUE(fs::is_empty(folder_.file("temporary")));
  }

  const ScratchDirectory folder_;
};

TEST_F(FstTest, TheConverterGetsTheDumpAndTheFileWhatItMakes) {
  make_converter("[ \"$1\" = - ] || exit 9; (echo made; cat) > \"$2\"");
  ASSERT_EQ(simulate("--vcd a.vcd").exit_code, 0);
  const std::string made = "made\n$date - $end\n" + contents_of(folder_.file("a.vcd"));
  fs::create_directory(folder_.file("disk"));
  write_text(folder_.file("disk/real"), "stale");
  fs::create_symlink("disk/real", folder_.file("link"));
  const Outcome linked = simulate("--fst link");
  ASSERT_EQ(linked.exit_code, 0) << linked.error;
  EXPECT_TRUE(fs::is_symlink(folder_.file("link")));
  EXPECT_EQ(contents_of(folder_.file("disk/real")), made);
  // Its name decides nothing.
  ASSERT_EQ(simulate("--fst a.gz").exit_code, 0);
  EXPECT_EQ(contents_of(folder_.file("a.gz")), made);
  EXPECT_EQ(simulate("--fst -").output, made);
  EXPECT_EQ(simulate("--fst /dev/null").exit_code, 0);
  ASSERT_EQ(::mkfifo(folder_.file("pipe").c_str(), 0600), 0);
  std::string got;
  std::thread reader([&] { got = contents_of(folder_.file("pipe")); });
  EXPECT_EQ(simulate("--fst pipe").exit_code, 0);
  reader.join();
  EXPECT_EQ(got, made);
  expect_only({"a.gz", "a.vcd", "bin", "disk", "link", "pipe", "temporary"});
}

TEST_F(FstTest, AConverterThatFailsLeavesNothing) {
  const std::pair<const char*, const char*> failures[] = {
      {"cat > \"$2\"; exit 3", "kirchhoff: error: a.fst: vcd2fst failed with exit code 3\n"},
      {"head -c 100 > \"$2\"; exit 4",
       "kirchhoff: error: a.fst: vcd2fst failed with exit code 4\n"},
      {"head -c 100 > \"$2\"; kill -9 $$",
       "kirchhoff: error: a.fst: vcd2fst was ended by signal 9\n"},
      {"cat > /dev/null", "kirchhoff: error: a.fst: vcd2fst has written nothing\n"}};
  for (const auto& [script, message] : failures) {
    make_converter(script);
    // Longer than what waits in a pipe.
    const Outcome outcome = simulate("--fst a.fst --fidelity bit");
    EXPECT_EQ(outcome.exit_code, 1) << script;
    EXPECT_EQ(outcome.error, message);
    expect_only({"bin", "temporary"});
  }
}

TEST_F(FstTest, SaysWhatIsMissing) {
  const Outcome none = run_shell(
      "PATH=/nonexistent TMPDIR=\"$PWD/temporary\" \"$0\" simulate --weights random --fst a.fst",
      folder_.path());
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_EQ(none.error,
            "kirchhoff: error: a.fst: vcd2fst: No such file or directory; Debian's package gtkwave "
            "has it\n");
  expect_only({"temporary"});
  make_converter("cat > \"$2\"");
  expect_refused({{"simulate", "--vcd", "a.vcd", "--fst", "a.fst"},
                  "--fst a.fst: holds what --vcd does: give one of them"},
                 folder_);
  expect_refused({{"simulate", "--fst", "a.fst", "--gtkw", "a.gtkw"},
                  "--gtkw a.gtkw: opens a VCD: give --vcd, too"},
                 folder_);
  const Outcome large = simulate("--fidelity bit --fst a.fst --trace-limit 1MB");
  EXPECT_EQ(large.exit_code, 2);
  EXPECT_NE(large.error.find("a.fst: would grow to about"), std::string::npos) << large.error;
  expect_only({"bin", "temporary"});
}

TEST_F(FstTest, StopsWithTheProgram) {
  make_converter("echo $$ > pid.part; mv pid.part pid; exec cat > \"$2\"");
  const pid_t run = started_words(
      {"/bin/sh", "-c",
       "PATH=\"$PWD/bin:$PATH\" TMPDIR=\"$PWD/temporary\" exec \"$0\" simulate --weights random "
       "--images 1000 --stream --fst a.fst --trace-limit none",
       KIRCHHOFF_PROGRAM},
      folder_.path());
  ASSERT_TRUE(signalled_when(run, SIGTERM, [&] { return fs::exists(folder_.file("pid")); }));
  EXPECT_EQ(end_of(run), 143);
  EXPECT_NE(::kill(static_cast<pid_t>(std::stol(contents_of(folder_.file("pid")))), 0), 0);
  EXPECT_FALSE(fs::exists(folder_.file("a.fst")));
}

/// Every value that every signal takes, with the time from which on.
std::map<std::string, std::vector<std::pair<long long, std::string>>> waves_of(
    const std::string& vcd) {
  std::map<std::string, std::vector<std::pair<long long, std::string>>> waves;
  std::map<std::string, std::string> names;
  std::vector<std::string> scopes;
  std::istringstream lines(vcd);
  long long time = 0;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream stream(line);
    Arguments words;
    for (std::string word; stream >> word;) words.push_back(word);
    if (words.empty()) continue;
    if (words[0] == "$scope") scopes.push_back(words[2]);
    if (words[0] == "$upscope") scopes.pop_back();
    if (words[0] == "$var") {
      std::string name;
      for (const std::string& scope : scopes) name += scope + ".";
      names[words[3]] = name + words[4];
    }
    if (words[0][0] == '#') time = std::stoll(words[0].substr(1));
    if (words[0][0] == '$' || words[0][0] == '#' || names.empty()) continue;
    const bool one_word = words.size() == 1;
    const auto name = names.find(one_word ? words[0].substr(1) : words[1]);
    if (name == names.end()) continue;  // the text of a declaration
    std::string value = one_word ? words[0].substr(0, 1) : words[0];
    // Leading zeros may be left out.
    if (value[0] == 'b')
      value = "b" + value.substr(std::min(value.find_first_not_of('0', 1), value.size() - 1));
    auto& wave = waves[name->second];
    if (wave.empty() || wave.back().second != value) wave.emplace_back(time, value);
  }
  return waves;
}

TEST_F(FstTest, HoldsTheWaveformsOfTheVcd) {
  if (run_shell("vcd2fst --help && fst2vcd --help", folder_.path()).exit_code != 0)
    GTEST_SKIP() << "no vcd2fst and fst2vcd (Debian: gtkwave)";
  for (const std::string window : {"", "--fidelity bit --probe tile1 --from 17us --to 19us"}) {
    SCOPED_TRACE(window);
    ASSERT_EQ(simulate("--vcd a.vcd " + window).exit_code, 0);
    ASSERT_EQ(simulate("--fst a.fst " + window).exit_code, 0);
    ASSERT_EQ(simulate("--fst b.fst " + window).exit_code, 0);
    EXPECT_EQ(contents_of(folder_.file("a.fst")), contents_of(folder_.file("b.fst")));
    const Outcome back = run_words({"/bin/sh", "-c", "fst2vcd a.fst"}, folder_.path());
    ASSERT_EQ(back.exit_code, 0) << back.error;
    const auto waves = waves_of(contents_of(folder_.file("a.vcd")));
    EXPECT_GT(waves.size(), 20U);
    EXPECT_EQ(waves_of(back.output), waves);
    EXPECT_LT(4 * fs::file_size(folder_.file("a.fst")), fs::file_size(folder_.file("a.vcd")));
  }
}

}  // namespace
}  // namespace kirchhoff::cli
