#include "traces/npy_reader.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/base/scratch_directory.h"
#include "traces/npy.h"

namespace kirchhoff {
namespace {

std::string refusal(const std::string& bytes) {
  try {
    parse_npy(bytes, "t.npy");
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

std::string written(const std::vector<std::int64_t>& elements,
                    const std::vector<std::size_t>& shape) {
  const ScratchDirectory scratch;
  write_npy(scratch.file("a.npy"), elements, shape);
  return contents_of(scratch.file("a.npy"));
}

TEST(NpyReader, ReadsWhatIsWritten) {
  const ScratchDirectory scratch;
  const std::vector<std::int64_t> elements = {1, -2, 3, std::int64_t{1} << 40, 5, 6};
  write_npy(scratch.file("a.npy"), elements, {1, 2, 3});
  const IntegerArray array = read_npy(scratch.file("a.npy"));
  EXPECT_EQ(array.shape, (std::vector<std::size_t>{1, 2, 3}));
  EXPECT_EQ(array.elements, elements);
  EXPECT_EQ(parse_npy(written({7}, {}), "t").elements, std::vector<std::int64_t>{7});
}

TEST(NpyReader, SaysWhatItCannotRead) {
  EXPECT_EQ(refusal("layer,w_bits"), "t.npy: is no NumPy file");
  const std::string whole = written({1, 2, 3, 4}, {2, 2});
  EXPECT_EQ(refusal(whole.substr(0, 40)), "t.npy: is cut short");
  EXPECT_EQ(refusal(whole.substr(0, whole.size() - 3)),
            "t.npy: 29 bytes of elements: do not fill its shape");
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string bytes = whole;
    bytes.replace(bytes.find(from), from.size(), to);
    return refusal(bytes);
  };
  EXPECT_EQ(changed("<i8", "<f8"), "t.npy: descr = \"'<f8'\": must be '<i8', 64-bit integers");
  EXPECT_EQ(changed("False", "True "), "t.npy: fortran_order = \"True \": must be False");
  EXPECT_EQ(changed("(2, 2)", "(2, 3)"), "t.npy: 32 bytes of elements: do not fill its shape");
  EXPECT_EQ(changed("shape", "shake"), "t.npy: shape is missing in its header");
}

TEST(NpyReader, AChangedByteIsRefusedOrRead) {
  const std::string whole = written({1, 2, 3, 4}, {2, 2});
  for (std::size_t place = 0; place < whole.size(); ++place) {
    for (const int change : {0x01, 0x10, 0x40, 0x80, 0xff}) {
      std::string bytes = whole;
      bytes[place] = static_cast<char>(bytes[place] ^ change);
      refusal(bytes);
    }
    refusal(whole.substr(0, place));
  }
}

}  // namespace
}  // namespace kirchhoff
