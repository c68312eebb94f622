#include "quant/accuracy/logits_file.h"

#include <cstring>
#include <string>

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace kirchhoff::quant
