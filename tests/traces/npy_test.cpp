#include "traces/npy.h"

#include <stdexcept>

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/base/scratch_directory.h"

namespace kirchhoff {
namespace {

std::string dictionary_of(const std::string& file) {
  const std::size_t length =
      static_cast<unsigned char>(file[8]) + 256u * static_cast<unsigned char>(file[9]);
  EXPECT_EQ(file.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  EXPECT_EQ((10 + length) % 64, 0u);
  EXPECT_EQ(file[10 + length - 1], '\n');
  const std::string text = file.substr(10, length - 1);
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

std::string elements_of(const std::string& file) {
  const std::size_t length =
      static_cast<unsigned char>(file[8]) + 256u * static_cast<unsigned char>(file[9]);
  return file.substr(10 + length);
}

TEST(Npy, WritesAMatrixOfInt32) {
  const ScratchDirectory scratch;
  write_npy(scratch.file("a.npy"), std::vector<std::int32_t>{1, -1, 256, 0, 5, -2147483647 - 1},
            {2, 3});
  const std::string file = contents_of(scratch.file("a.npy"));
  EXPECT_EQ(dictionary_of(file), "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }");
  EXPECT_EQ(elements_of(file), std::string("\x01\0\0\0\xff\xff\xff\xff\0\x01\0\0\0\0\0\0\x05\0\0\0"
                                           "\0\0\0\x80",
                                           24));
  EXPECT_EQ(scratch.names(), std::vector<std::string>{"a.npy"});
}

TEST(Npy, WritesAVectorOfInt64AndATensorOfBytes) {
  const ScratchDirectory scratch;
  write_npy(scratch.file("v.npy"), std::vector<std::int64_t>{-2}, {1});
  const std::string vector = contents_of(scratch.file("v.npy"));
  EXPECT_EQ(dictionary_of(vector), "{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }");
  EXPECT_EQ(elements_of(vector), "\xfe\xff\xff\xff\xff\xff\xff\xff");
  write_npy(scratch.file("t.npy"), std::vector<std::uint8_t>{1, 2, 3, 255}, {1, 2, 1, 2});
  const std::string tensor = contents_of(scratch.file("t.npy"));
  EXPECT_EQ(dictionary_of(tensor),
            "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2, 1, 2), }");
  EXPECT_EQ(elements_of(tensor), "\x01\x02\x03\xff");
}

TEST(Npy, WritesAScalarAndAnEmptyArray) {
  const ScratchDirectory scratch;
  write_npy(scratch.file("s.npy"), std::vector<std::int32_t>{7}, {});
  EXPECT_EQ(dictionary_of(contents_of(scratch.file("s.npy"))),
            "{'descr': '<i4', 'fortran_order': False, 'shape': (), }");
  write_npy(scratch.file("e.npy"), std::vector<std::int32_t>{}, {3, 0});
  EXPECT_EQ(elements_of(contents_of(scratch.file("e.npy"))), "");
}

TEST(Npy, RefusesAShapeThatDoesNotFit) {
  const ScratchDirectory scratch;
  EXPECT_THROW(write_npy(scratch.file("a.npy"), std::vector<std::int32_t>{1, 2, 3}, {2, 2}),
               std::logic_error);
  EXPECT_THROW(write_npy(scratch.file("no/a.npy"), std::vector<std::int32_t>{1}, {1}), RunError);
  EXPECT_TRUE(scratch.names().empty());
}

}  // namespace
}  // namespace kirchhoff
