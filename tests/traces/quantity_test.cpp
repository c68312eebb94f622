#include "traces/quantity.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace kirchhoff {
namespace {

TEST(QuantityTest, TimesAreWholePicoseconds) {
  EXPECT_EQ(parse_time_ps("--from", "0ps"), 0u);
  EXPECT_EQ(parse_time_ps("--from", "12us"), 12000000u);
  EXPECT_EQ(parse_time_ps("--from", "1.5 ns"), 1500u);
  EXPECT_EQ(parse_time_ps("--from", "0.1us"), 100000u);
  EXPECT_EQ(parse_time_ps("--from", "0.833333us"), 833333u);
  EXPECT_EQ(parse_time_ps("--from", "2ms"), 2000000000u);
  EXPECT_EQ(parse_time_ps("--from", "1s"), 1000000000000u);
}

TEST(QuantityTest, SizesArePowersOfAThousand) {
  EXPECT_EQ(parse_bytes("--trace-limit", "1GB"), 1000000000u);
  EXPECT_EQ(parse_bytes("--trace-limit", "64 kB"), 64000u);
  EXPECT_EQ(parse_bytes("--trace-limit", "10B"), 10u);
}

TEST(QuantityTest, ErrorsNameTheFlagTheTextAndTheRule) {
  const auto error_of = [](const std::string& text) -> std::string {
    try {
      parse_time_ps("--from", text);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  const std::string form = ": must be a number and one of ps, ns, us, ms, s, such as 12us or 1.5ns";
  for (const char* text : {"", "12", "us", "12 m", "-1us", "1e3us", "12us ", "1.2.3us", "0x1us"}) {
    EXPECT_EQ(error_of(text), "--from " + std::string(text) + form);
  }
  EXPECT_EQ(error_of("1.5ps"), "--from 1.5ps: must be a whole number of ps");
  EXPECT_EQ(error_of("99999999s"), "--from 99999999s: is too large");
}

TEST(QuantityTest, FormatsPickTheLargestUnit) {
  EXPECT_EQ(format_time(0), "0 ps");
  EXPECT_EQ(format_time(999), "999 ps");
  EXPECT_EQ(format_time(12345678), "12.35 us");
  EXPECT_EQ(format_bytes(1e9), "1 GB");
  EXPECT_EQ(format_bytes(17.97e6), "17.97 MB");
}

}  // namespace
}  // namespace kirchhoff
