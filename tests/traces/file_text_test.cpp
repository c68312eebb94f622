#include "traces/file_text.h"

#include <gtest/gtest.h>

#include "tests/traces/scratch_directory.h"
#include "traces/atomic_file.h"
#include "traces/error.h"

namespace kirchhoff {
namespace {

std::string failure_of(const std::string& path) {
  try {
    file_text(path);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(FileText, GivesEveryByte) {
  const ScratchDirectory scratch;
  for (const std::string& text : {std::string(), std::string("line\r\n\0binary\xff\n", 15)}) {
    write_file_atomically(scratch.file("a"), text);
    EXPECT_EQ(file_text(scratch.file("a")), text);
  }
}

TEST(FileText, NamesWhatItCannotRead) {
  const ScratchDirectory scratch;
  EXPECT_EQ(failure_of(scratch.file("none")),
            scratch.file("none") + ": cannot open: No such file or directory");
  EXPECT_EQ(failure_of(scratch.file("")), scratch.file("") + ": is a folder, not a file");
}

}  // namespace
}  // namespace kirchhoff
