#include "base/quote.h"

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace kirchhoff {
namespace {

using namespace std::string_literals;

TEST(QuoteTest, PlainTextStaysAsItIs) {
  EXPECT_EQ(quote(""), "");
  EXPECT_EQ(quote("adc.bits = 9"), "adc.bits = 9");
  EXPECT_EQ(quote("Größe 8×8 \xf0\x9f\x98\x80"), "Größe 8×8 \xf0\x9f\x98\x80");
  EXPECT_EQ(quoted_text("a b "), "\"a b \"");
}

TEST(QuoteTest, ControlBytesAndBytesThatAreNotUtf8AreEscaped) {
  EXPECT_EQ(quote("a\nb\tc\rd"), "a\\nb\\tc\\rd");
  EXPECT_EQ(quote("\x1b[31mred\x7f"), "\\x1b[31mred\\x7f");
  EXPECT_EQ(quote("9\0 0"s), "9\\x00 0");
  EXPECT_EQ(quote("caf\xe9!"), "caf\\xe9!");
  // A C1 control, an override of the writing direction; both are well-formed UTF-8.
  EXPECT_EQ(quote("\xc2\x9b"), "\\u009b");
  EXPECT_EQ(quote("\xe2\x80\xae"), "\\u202e");
  // Overlong slash, surrogate, beyond U+10FFFF, cut short.
  EXPECT_EQ(quote("\xc0\xaf"), "\\xc0\\xaf");
  EXPECT_EQ(quote("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(quote("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
  EXPECT_EQ(quote("\xe2\x80"), "\\xe2\\x80");
}

TEST(QuoteTest, LongTextIsCutAtWholeCharacters) {
  EXPECT_EQ(quote(std::string(60, 'x')), std::string(60, 'x'));
  EXPECT_EQ(quote(std::string(61, 'x')), std::string(57, 'x') + "...");
  EXPECT_EQ(quote(std::string(100'000, 'x')).size(), 60U);
  EXPECT_EQ(quote("aaaa\n\n\n", 8), "aaaa...");
  EXPECT_EQ(quote("äöüß", 4), "äöüß");
  EXPECT_EQ(quote("äöüßä", 4), "ä...");
}

TEST(Utf8Test, InvalidBytesAreFoundAndReplaced) {
  EXPECT_EQ(find_invalid_utf8("Größe"), std::string_view::npos);
  EXPECT_EQ(find_invalid_utf8("ab\xe9z"), 2U);
  EXPECT_EQ(valid_utf8("ab\xe9z\xff"), "ab\xef\xbf\xbdz\xef\xbf\xbd");
  EXPECT_EQ(valid_utf8(""), "");
}

}  // namespace
}  // namespace kirchhoff
