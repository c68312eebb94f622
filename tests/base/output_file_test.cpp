#include "base/output_file.h"

#include <algorithm>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "tests/base/scratch_directory.h"

namespace kirchhoff {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

std::string failure_of(const std::string& path, const std::string& contents) {
  try {
    write_file_atomically(path, contents);
  } catch (const RunError& error) {
    return error.what();
  }
  return "";
}

/// What check_output() says behind the path, and that it leaves everything as it was.
std::string refusal_of(const ScratchDirectory& scratch, const std::string& path) {
  const Names before = scratch.names();
  std::string refusal;
  try {
    check_output(path);
  } catch (const OutputError& error) {
    refusal = std::string(error.what()).substr(path.empty() ? 4 : path.size() + 2);
  }
  EXPECT_EQ(scratch.names(), before) << path;
  return refusal;
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

TEST(AtomicFile, ANewFileHasTheModeOfAnOrdinaryOneAndAnOlderOneKeepsIts) {
  const ScratchDirectory scratch;
  const auto mode = [&](const std::string& name) {
    struct stat status = {};
    EXPECT_EQ(::stat(scratch.file(name).c_str(), &status), 0);
    return status.st_mode & 07777;
  };
  const mode_t before = ::umask(027);
  write_file_atomically(scratch.file("new"), "text");
  ::umask(before);
  EXPECT_EQ(mode("new"), 0640u);
  write_text(scratch.file("secret"), "old");
  ASSERT_EQ(::chmod(scratch.file("secret").c_str(), 0600), 0);
  write_file_atomically(scratch.file("secret"), "text");
  EXPECT_EQ(mode("secret"), 0600u);
}

TEST(AtomicFile, AMissingDirectoryIsNamedWithTheReason) {
  const ScratchDirectory scratch;
  const std::string path = scratch.file("missing/a.json");
  EXPECT_EQ(failure_of(path, "text"), path + ": cannot write: No such file or directory");
}

TEST(AtomicFile, ADirectoryInTheWayStays) {
  const ScratchDirectory scratch;
  fs::create_directory(scratch.file("a"));
  EXPECT_EQ(failure_of(scratch.file("a"), "text"),
            scratch.file("a") + ": cannot write: Is a directory");
  EXPECT_EQ(scratch.names(), Names{"a"});
}

TEST(AtomicFile, LinksStayAndTheirTargetsAreReplaced) {
  const ScratchDirectory scratch;
  fs::create_directory(scratch.file("disk"));
  write_text(scratch.file("disk/real"), "old");
  // One beside its target, one to another folder, one to a link, one to a file that is not there.
  fs::create_symlink("real", scratch.file("disk/near"));
  fs::create_symlink("disk/real", scratch.file("far"));
  fs::create_symlink(scratch.file("far"), scratch.file("chain"));
  fs::create_symlink("disk/new", scratch.file("dangling"));
  fs::create_directory_symlink("disk", scratch.file("folder"));
  for (const char* name : {"disk/near", "far", "chain", "dangling"}) {
    write_file_atomically(scratch.file(name), name);
    EXPECT_TRUE(fs::is_symlink(scratch.file(name))) << name;
    const std::string target = std::string(name) == "dangling" ? "disk/new" : "disk/real";
    EXPECT_FALSE(fs::is_symlink(scratch.file(target))) << name;
    EXPECT_EQ(contents_of(scratch.file(target)), name);
  }
  write_file_atomically(scratch.file("folder/real"), "through");
  EXPECT_EQ(contents_of(scratch.file("disk/real")), "through");
  EXPECT_EQ(scratch.names(), (Names{"chain", "dangling", "disk", "far", "folder"}));
}

TEST(OutputFile, AStreamIsWrittenToAndNeverReplaced) {
  write_file_atomically("/dev/null", "text");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_EQ(failure_of("/dev/full", "text"), "/dev/full: cannot write: No space left on device");

  const ScratchDirectory scratch;
  ASSERT_EQ(::mkfifo(scratch.file("pipe").c_str(), 0600), 0);
  fs::create_symlink("pipe", scratch.file("link"));
  std::string got;
  std::thread reader([&] { got = contents_of(scratch.file("pipe")); });
  write_file_atomically(scratch.file("link"), "through the pipe");
  reader.join();
  EXPECT_EQ(got, "through the pipe");
  EXPECT_TRUE(fs::is_fifo(scratch.file("pipe")));
  EXPECT_EQ(scratch.names(), (Names{"link", "pipe"}));
}

TEST(OutputFile, ADescriptorOfTheProcessGetsTheBytesWhereItStands) {
  const ScratchDirectory scratch;
  const int file = ::open(scratch.file("log").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ASSERT_EQ(::write(file, "before ", 7), 7);
  const std::string number = std::to_string(file);
  write_file_atomically("/dev/fd/" + number, "one ");
  write_file_atomically("/proc/self/fd/" + number, "two ");
  fs::create_symlink("/proc/self/fd/" + number, scratch.file("link"));
  write_file_atomically(scratch.file("link"), "three ");
  ASSERT_EQ(::write(file, "after", 5), 5);
  ::close(file);
  EXPECT_EQ(contents_of(scratch.file("log")), "before one two three after");
  EXPECT_TRUE(output_target("-").is_standard_output());
  EXPECT_TRUE(output_target("/dev/stdout").is_standard_output());
  EXPECT_FALSE(output_target("/dev/stderr").is_standard_output());
  EXPECT_EQ(refusal_of(scratch, "/dev/fd/" + number), "cannot write: Bad file descriptor");
  const int reading = ::open("/dev/null", O_RDONLY);
  EXPECT_EQ(refusal_of(scratch, "/dev/fd/" + std::to_string(reading)),
            "cannot write: Bad file descriptor");
  ::close(reading);
}

TEST(OutputFile, LiesBesideItsTargetUnderARandomNameUntilItIsPublished) {
  const ScratchDirectory scratch;
  // Names that a fixed rule might have chosen.
  for (const char* suffix : {".tmp", ".partial", "~", ".new"})
    write_text(scratch.file(std::string("a") + suffix), suffix);
  const Names before = scratch.names();
  {
    OutputFile one(scratch.file("a")), two(scratch.file("a"));
    EXPECT_EQ(one.write("one"), 0);
    const Names during = scratch.names();
    EXPECT_EQ(std::count_if(during.begin(), during.end(), is_output_remnant), 2);
    one.publish();
    EXPECT_EQ(contents_of(scratch.file("a")), "one");
  }
  Names after = before;
  after.insert(after.begin(), "a");
  EXPECT_EQ(scratch.names(), after);
  for (const char* suffix : {".tmp", ".partial", "~", ".new"})
    EXPECT_EQ(contents_of(scratch.file(std::string("a") + suffix)), suffix);
}

TEST(OutputFile, RemovesWhatAKilledProcessLeftAndNothingElse) {
  const ScratchDirectory scratch;
  const Names others = {"a.kirchhoff-",       "a.kirchhoff-1234567", "a.kirchhoff-12 456",
                        "b.kirchhoff-123456", "xa.kirchhoff-123456", "a.json.kirchhoff-abcdef"};
  for (const std::string& name : others) write_text(scratch.file(name), "not of a");
  write_text(scratch.file("a.kirchhoff-aB3xYz"), "left behind");
  fs::create_symlink("b.kirchhoff-123456", scratch.file("a.kirchhoff-linked"));
  OutputFile alive(scratch.file("a"));
  Names names = scratch.names();
  EXPECT_EQ(std::count(names.begin(), names.end(), "a.kirchhoff-aB3xYz"), 0);
  write_text(scratch.file("a.kirchhoff-aB3xYz"), "left behind");
  check_output(scratch.file("a"));
  names = scratch.names();
  EXPECT_EQ(std::count(names.begin(), names.end(), "a.kirchhoff-aB3xYz"), 0);
  for (const std::string& name : others)
    EXPECT_EQ(contents_of(scratch.file(name)), "not of a") << name;
  // The one that is being written is in use.
  EXPECT_EQ(alive.write("text"), 0);
  alive.publish();
  EXPECT_EQ(contents_of(scratch.file("a")), "text");
}

TEST(OutputFile, TakesTheLongestNamesThatAFileMayHave) {
  const ScratchDirectory scratch;
  const std::string name(255, 'n');
  write_file_atomically(scratch.file(name), "text");
  EXPECT_EQ(contents_of(scratch.file(name)), "text");
  EXPECT_EQ(scratch.names(), Names{name});
}

TEST(OutputTarget, WhatCannotBeWrittenIsRefusedBeforeTheWork) {
  const ScratchDirectory scratch;
  write_text(scratch.file("file"), "");
  fs::create_symlink("one", scratch.file("two"));
  fs::create_symlink("two", scratch.file("one"));
  fs::create_symlink("none/x", scratch.file("lost"));
  EXPECT_EQ(refusal_of(scratch, scratch.file("new")), "");
  EXPECT_EQ(refusal_of(scratch, scratch.file("file")), "");
  EXPECT_EQ(refusal_of(scratch, "/dev/null"), "");
  EXPECT_EQ(refusal_of(scratch, ""), "cannot write: No such file or directory");
  EXPECT_EQ(refusal_of(scratch, scratch.file("none/x")), "cannot write: No such file or directory");
  EXPECT_EQ(refusal_of(scratch, scratch.file("lost")), "cannot write: No such file or directory");
  EXPECT_EQ(refusal_of(scratch, scratch.file("file/x")), "cannot write: Not a directory");
  EXPECT_EQ(refusal_of(scratch, scratch.path()), "cannot write: Is a directory");
  EXPECT_EQ(refusal_of(scratch, scratch.path() + "/"), "cannot write: Is a directory");
  EXPECT_EQ(refusal_of(scratch, scratch.path() + "/.."), "cannot write: Is a directory");
  EXPECT_EQ(refusal_of(scratch, scratch.file("one")),
            "cannot follow the link: Too many levels of symbolic links");
  EXPECT_EQ(refusal_of(scratch, "/proc/x"), "cannot write: No such file or directory");
  if (::geteuid() == 0) return;  // may do anything
  ASSERT_EQ(::chmod(scratch.file("file").c_str(), 0400), 0);
  EXPECT_EQ(refusal_of(scratch, scratch.file("file")), "cannot write: Permission denied");
  ASSERT_EQ(::chmod(scratch.path().c_str(), 0500), 0);
  EXPECT_EQ(refusal_of(scratch, scratch.file("new")), "cannot write: Permission denied");
  ASSERT_EQ(::chmod(scratch.path().c_str(), 0700), 0);
}

TEST(OutputTarget, AFolderMayBeMissingButNotBeAFile) {
  const ScratchDirectory scratch;
  write_text(scratch.file("file"), "");
  fs::create_directory_symlink("none", scratch.file("lost"));
  const Names before = scratch.names();
  check_output_folder(scratch.path());
  check_output_folder(scratch.path() + "/");
  check_output_folder(scratch.file("new/and/newer"));
  for (const char* name : {"file", "file/x", "lost", "lost/x"})
    EXPECT_THROW(check_output_folder(scratch.file(name)), OutputError) << name;
  EXPECT_THROW(check_output_folder(""), OutputError);
  EXPECT_EQ(scratch.names(), before);
}

TEST(OutputTarget, IsTheSameUnderEveryNameOfThePlace) {
  const ScratchDirectory scratch;
  write_text(scratch.file("a"), "");
  fs::create_directory(scratch.file("d"));
  fs::create_symlink("a", scratch.file("link"));
  fs::create_hard_link(scratch.file("a"), scratch.file("hard"));
  fs::create_directory_symlink(".", scratch.file("here"));
  const auto same = [&](const std::string& a, const std::string& b) {
    return same_target(output_target(a), output_target(b));
  };
  const std::string a = scratch.file("a");
  EXPECT_TRUE(same(a, scratch.file("./a")));
  EXPECT_TRUE(same(a, scratch.file("d/../a")));
  EXPECT_TRUE(same(a, scratch.file("link")));
  EXPECT_TRUE(same(a, scratch.file("here/a")));
  EXPECT_TRUE(same(scratch.file("new"), scratch.file("here/new")));
  EXPECT_FALSE(same(a, scratch.file("b")));
  // The first of the two that is written becomes a file of its own.
  EXPECT_FALSE(same(a, scratch.file("hard")));
  EXPECT_TRUE(same("-", "/dev/stdout"));
  EXPECT_TRUE(same("/dev/full", "/dev/full"));
  EXPECT_FALSE(same("/dev/null", "/dev/null"));
  const int file = ::open(a.c_str(), O_WRONLY);
  EXPECT_TRUE(is_file_behind(file, output_target(scratch.file("link"))));
  EXPECT_FALSE(is_file_behind(file, output_target(scratch.file("b"))));
  ::close(file);
}

}  // namespace
}  // namespace kirchhoff
