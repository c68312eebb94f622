#include "base/input_file.h"

#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cached_bytes.h"
#include "base/error.h"
#include "base/file_text.h"
#include "tests/base/scratch_directory.h"

namespace kirchhoff {
namespace {

template <typename Action>
std::string failure_of(const Action& action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

std::string text_failure(const std::string& path) {
  return failure_of([&] { file_text(path); });
}
std::string data_failure(const std::string& path) {
  return failure_of([&] { file_bytes(path, 1000); });
}
std::string stored_failure(const std::string& path) {
  return failure_of([&] { stored_text(path); });
}

void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

TEST(InputFile, GivesEveryByteAndCountsThem) {
  const ScratchDirectory scratch;
  const std::string bytes("line\r\n\0binary\xff\n", 15);
  write(scratch.file("a"), bytes);
  EXPECT_EQ(file_bytes(scratch.file("a"), 15), bytes);
  write(scratch.file("empty"), "");
  EXPECT_EQ(file_bytes(scratch.file("empty"), 0), "");

  InputFile file(scratch.file("a"), InputKind::kFile);
  EXPECT_EQ(file.size(), 15U);
  char piece[10];
  EXPECT_EQ(file.read(piece, 10), 10U);
  EXPECT_EQ(file.offset(), 10U);
  EXPECT_EQ(file.read(piece, 10), 5U);
  EXPECT_EQ(file.read(piece, 10), 0U);
}

TEST(InputFile, ReadsFilesThatTheKernelMakesUp) {
  // Their size is said to be 0.
  EXPECT_NE(file_text("/proc/self/status").find("Name:"), std::string::npos);
}

TEST(InputFile, AReadErrorIsNoEndOfFile) {
  // Address 0 is never mapped: the first read fails with EIO.
  for (const auto& failure : {text_failure("/proc/self/mem"), data_failure("/proc/self/mem")}) {
    EXPECT_EQ(failure, "/proc/self/mem: offset 0: cannot read: Input/output error");
  }
}

TEST(InputFile, SizesAreLimitedBeforeMemoryIsTaken) {
  const ScratchDirectory scratch;
  const std::string path = scratch.file("sparse");
  write(path, "x");
  ASSERT_EQ(::truncate(path.c_str(), off_t{1} << 40), 0);
  EXPECT_EQ(data_failure(path), path + ": 1099511627776 bytes: must be at most 1000");
  EXPECT_EQ(text_failure(path), path + ": 1099511627776 bytes: must be at most 268435456");
  EXPECT_EQ(failure_of([] { file_text("/dev/zero", 5000); }),
            "/dev/zero: more than 5000 bytes: must be at most 5000");
}

TEST(InputFile, WhatIsNoFileIsRefusedByOneRule) {
  const ScratchDirectory scratch;
  const std::string folder = scratch.file("");
  for (const auto& failure : {text_failure(folder), data_failure(folder), stored_failure(folder)}) {
    EXPECT_EQ(failure, folder + ": is a folder, not a file");
  }
  const std::string none = scratch.file("none");
  for (const auto& failure : {text_failure(none), data_failure(none), stored_failure(none)}) {
    EXPECT_EQ(failure, none + ": cannot open: No such file or directory");
  }
  const std::string path = scratch.file("socket");
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  for (const auto& failure : {text_failure(path), data_failure(path), stored_failure(path)}) {
    EXPECT_EQ(failure, path + ": is a socket, not a file");
  }
  ::close(socket);
}

TEST(InputFile, OnlyTextsThatAUserNamesMayBePipesAndDevices) {
  const ScratchDirectory scratch;
  const std::string pipe = scratch.file("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  // Without a writer: none of these may wait for one.
  EXPECT_EQ(data_failure(pipe), pipe + ": is a pipe: must be a regular file");
  EXPECT_EQ(stored_failure(pipe), pipe + ": is a pipe: must be a regular file");
  EXPECT_FALSE(cached_bytes(pipe, 1000));
  EXPECT_EQ(data_failure("/dev/null"), "/dev/null: is a device: must be a regular file");
  EXPECT_EQ(file_text("/dev/null"), "");

  std::thread writer([&] { write(pipe, "[adc]\nbits = 8\n"); });
  EXPECT_EQ(file_text(pipe), "[adc]\nbits = 8\n");
  writer.join();
  EXPECT_EQ(file_text(pipe), "[adc]\nbits = 8\n") << "a pipe is asked once and remembered";
}

TEST(FileText, RefusesWhatIsNoTextWithItsPlace) {
  const ScratchDirectory scratch;
  const std::string path = scratch.file("a");
  write(path,
        "ok\nGr\xf6\xdf"
        "e\n");
  for (const auto& failure : {text_failure(path), stored_failure(path)}) {
    EXPECT_EQ(failure, path + ":2: byte 3: 0xf6: must be text in UTF-8");
  }
  write(path, std::string("a\0b", 3));
  EXPECT_EQ(text_failure(path), path + ":1: byte 2: 0x00: must be text in UTF-8");
  write(path, "Größe 8×8\n");
  EXPECT_EQ(text_failure(path), "");
}

TEST(CachedBytes, AreNothingWhenTheyCannotBeRead) {
  const ScratchDirectory scratch;
  EXPECT_FALSE(cached_bytes(scratch.file("none"), 1000));
  EXPECT_FALSE(cached_bytes(scratch.file(""), 1000));
  write(scratch.file("a"), "12345");
  EXPECT_FALSE(cached_bytes(scratch.file("a"), 4));
  EXPECT_EQ(cached_bytes(scratch.file("a"), 5), "12345");
}

}  // namespace
}  // namespace kirchhoff
