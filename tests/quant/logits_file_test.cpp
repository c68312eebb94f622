#include "quant/accuracy/logits_file.h"

#include <cstring>
#include <string>

#include <gtest/gtest.h>

#include "base/checksum.h"
#include "tests/quant/files.h"

namespace kirchhoff::quant {
namespace {

const ImageLogits kLogits{3, {0.1, -2.5e-9, 1e30, 7.0 / 3.0, 0.0, -0.0}};

TEST(LogitsFile, GivesTheSameBitsAgain) {
  const TemporaryFolder folder;
  const std::string path = folder.path("cache/logits.bin");
  EXPECT_FALSE(load_logits(path, "x", 2));
  store_logits(path, "x", kLogits);
  const auto loaded = load_logits(path, "x", 2);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->classes, 3u);
  ASSERT_EQ(loaded->values.size(), kLogits.values.size());
  EXPECT_EQ(std::memcmp(loaded->values.data(), kLogits.values.data(), 6 * sizeof(double)), 0);
}

TEST(LogitsFile, OfSomethingElseIsIgnored) {
  const TemporaryFolder folder;
  const std::string path = folder.path("logits.bin");
  store_logits(path, "x", kLogits);
  EXPECT_FALSE(load_logits(path, "y", 2));
  EXPECT_FALSE(load_logits(path, "x", 1));
  EXPECT_FALSE(load_logits(path, "x", 3));
}

TEST(LogitsFile, AnyDamageIsNoticed) {
  const TemporaryFolder folder;
  const std::string path = folder.path("logits.bin");
  store_logits(path, "x", kLogits);
  const std::string good = read_file(path);
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    write_file(path, bytes);
    EXPECT_FALSE(load_logits(path, "x", 2)) << "byte " << at;
    write_file(path, good.substr(0, at));
    EXPECT_FALSE(load_logits(path, "x", 2)) << "cut at " << at;
  }
  write_file(path, good);
  EXPECT_TRUE(load_logits(path, "x", 2));
}

/// What somebody who knows the format writes: the checksum fits.
void write_crafted(const std::string& path, const std::string& header, std::size_t doubles) {
  std::string bytes = header + std::string(doubles * sizeof(double), '\0');
  const std::uint32_t crc = crc32_of(bytes);
  bytes.append(reinterpret_cast<const char*>(&crc), sizeof crc);
  write_file(path, bytes);
}

TEST(LogitsFile, TheNumberOfClassesIsCheckedAgainstTheFile) {
  const TemporaryFolder folder;
  const std::string path = folder.path("logits.bin");
  write_crafted(path, "kirchhoff-logits 1 x 2 3\n", 6);
  EXPECT_TRUE(load_logits(path, "x", 2));
  // Times the images and the size of a double, 2^61 is 0 in 64 bits.
  for (const char* classes : {"2305843009213693952", "2305843009213693955", "0", "-3", "4", "x"}) {
    write_crafted(path, std::string("kirchhoff-logits 1 x 2 ") + classes + "\n", 6);
    EXPECT_FALSE(load_logits(path, "x", 2)) << classes;
    write_crafted(path, std::string("kirchhoff-logits 1 x 2 ") + classes + "\n", 0);
    EXPECT_FALSE(load_logits(path, "x", 2)) << classes;
  }
  write_crafted(path, "kirchhoff-logits 1 x 0 3\n", 0);
  EXPECT_FALSE(load_logits(path, "x", 0));
}

}  // namespace
}  // namespace kirchhoff::quant
