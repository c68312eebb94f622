#include "base/printable.h"

#include <gtest/gtest.h>

namespace kirchhoff {
namespace {

TEST(Printable, KeepsTextAndSpellsOutWhatSteersATerminal) {
  EXPECT_EQ(printable("plain\ttext\n"), "plain\ttext\n");
  EXPECT_EQ(printable("91.2 ± 0.1 – 語 🙂"), "91.2 ± 0.1 – 語 🙂");
  EXPECT_EQ(printable("\x1b[31mred\x1b[0m"), "\\u001b[31mred\\u001b[0m");
  EXPECT_EQ(printable(std::string_view("a\0b\r\a\x7f", 6)), "a\\u0000b\\u000d\\u0007\\u007f");
  // The same in eight bits, as a character and as a byte.
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\u009b31m");
  EXPECT_EQ(printable("\x9b"
                      "31m"),
            "\\x9b31m");
}

TEST(Printable, SpellsOutWhatIsNoUtf8) {
  EXPECT_EQ(printable("caf\xe9"), "caf\\xe9");
  EXPECT_EQ(printable("\xc0\xaf\xc1\xbf"), "\\xc0\\xaf\\xc1\\xbf");  // longer than need be
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // half of a pair
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // beyond U+10FFFF
  EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82");                    // cut off
}

TEST(Printable, NoByteOfAnyTextSteers) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text = {static_cast<char>(first), static_cast<char>(second)};
      for (const unsigned char c : printable(text + "x"))
        EXPECT_TRUE((c >= 0x20 && c != 0x7f) || c == '\n' || c == '\t') << first << " " << second;
    }
  }
}

TEST(Printable, PiecesGiveWhatTheWholeGives) {
  const std::string text = "± \x1b[0m \xe2\x82\xac caf\xe9 🙂 \xf0\x9f";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    PrintableStream stream;
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += size)
      out += stream.feed(text.substr(at, size));
    EXPECT_EQ(out + stream.rest(), printable(text)) << size;
  }
}

}  // namespace
}  // namespace kirchhoff
