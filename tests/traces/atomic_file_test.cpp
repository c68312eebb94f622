#include "traces/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/traces/scratch_directory.h"
#include "traces/error.h"

namespace kirchhoff {
namespace {

using Names = std::vector<std::string>;

std::string failure_of(const std::string& path, const std::string& contents) {
  try {
    write_file_atomically(path, contents);
  } catch (const RunError& error) {
    return error.what();
  }
  return "";
}

TEST(AtomicFile, WritesTheContentsAndLeavesNothingElse) {
  const ScratchDirectory scratch;
  const std::string text("line\n\0binary\xff", 13);
  write_file_atomically(scratch.file("a.json"), text);
  EXPECT_EQ(contents_of(scratch.file("a.json")), text);
  EXPECT_EQ(scratch.names(), Names{"a.json"});
}

TEST(AtomicFile, ReplacesAnOlderFile) {
  const ScratchDirectory scratch;
  write_file_atomically(scratch.file("a"), std::string(100000, 'x'));
  write_file_atomically(scratch.file("a"), "new");
  EXPECT_EQ(contents_of(scratch.file("a")), "new");
  write_file_atomically(scratch.file("a"), "");
  EXPECT_EQ(contents_of(scratch.file("a")), "");
}

TEST(AtomicFile, TheFileHasTheModeOfAnOrdinaryOne) {
  const ScratchDirectory scratch;
  const mode_t before = ::umask(027);
  write_file_atomically(scratch.file("a"), "text");
  ::umask(before);
  struct stat status = {};
  ASSERT_EQ(::stat(scratch.file("a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
}

TEST(AtomicFile, AMissingDirectoryIsNamedWithTheReason) {
  const ScratchDirectory scratch;
  const std::string path = scratch.file("missing/a.json");
  EXPECT_EQ(failure_of(path, "text"), path + ": cannot create the file: No such file or directory");
}

TEST(AtomicFile, ADirectoryInTheWayStaysAndTheTemporaryFileGoes) {
  const ScratchDirectory scratch;
  std::filesystem::create_directory(scratch.file("a"));
  EXPECT_EQ(failure_of(scratch.file("a"), "text"),
            scratch.file("a") + ": cannot replace the file: Is a directory");
  EXPECT_EQ(scratch.names(), Names{"a"});
}

TEST(AtomicFile, ASymbolicLinkStaysOne) {
  const ScratchDirectory scratch;
  write_text(scratch.file("real"), "old");
  ASSERT_EQ(::symlink("real", scratch.file("link").c_str()), 0);
  write_file_atomically(scratch.file("link"), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(scratch.file("link")));
  EXPECT_EQ(contents_of(scratch.file("real")), "new");
  EXPECT_EQ(scratch.names(), (Names{"link", "real"}));
}

TEST(AtomicFile, ADeviceIsWrittenToAndItsErrorsReported) {
  write_file_atomically("/dev/null", "text");
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
  EXPECT_EQ(failure_of("/dev/full", "text"), "/dev/full: cannot write: No space left on device");
}

TEST(PublishFile, RenamesAndRemovesTheTemporaryFileOnFailure) {
  const ScratchDirectory scratch;
  write_text(scratch.file("a.tmp"), "text");
  publish_file(scratch.file("a.tmp"), scratch.file("a"));
  EXPECT_EQ(scratch.names(), Names{"a"});
  write_text(scratch.file("b.tmp"), "text");
  EXPECT_THROW(publish_file(scratch.file("b.tmp"), scratch.file("missing/b")), RunError);
  EXPECT_EQ(scratch.names(), Names{"a"});
}

}  // namespace
}  // namespace kirchhoff
