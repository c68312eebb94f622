#include <filesystem>

#include <gtest/gtest.h>

#include "tests/cli/program.h"
#include "tests/quant/files.h"

namespace kirchhoff::cli {
namespace {

TEST(NetworkCommand, DrawsOrSaysWhatIsMissing) {
  const quant::TemporaryFolder folder;
  const std::string draw = "\"$0\" network --network resnet8 --svg n.svg";
  const Outcome none = run_shell("PATH=/nonexistent " + draw, folder.path());
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_NE(none.error.find("dot: No such file or directory; Debian's package graphviz has it"),
            std::string::npos)
      << none.error;
  EXPECT_FALSE(std::filesystem::exists(folder.path("n.svg")));
  if (run_shell("dot -V", folder.path()).exit_code != 0)
    GTEST_SKIP() << "Graphviz is not installed";
  const Outcome drawn = run_shell(draw, folder.path());
  EXPECT_EQ(drawn.exit_code, 0) << drawn.error;
  const std::string svg = quant::read_file(folder.path("n.svg"));
  EXPECT_NE(svg.find("s2b1.short"), std::string::npos);
  EXPECT_NE(svg.find("</svg>"), std::string::npos);
}

}  // namespace
}  // namespace kirchhoff::cli
