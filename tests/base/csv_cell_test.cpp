#include "base/csv_cell.h"

#include <gtest/gtest.h>

namespace kirchhoff {
namespace {

TEST(CsvCell, NumbersAndPlainTextsStayWhatTheyAre) {
  for (const char* text :
       {"", "C1", "8/8", "0.5", "-0.5", "-1e-17", "+3", "a=b", "mean ± 1", "it's"}) {
    EXPECT_EQ(csv_cell(text), text);
  }
  EXPECT_EQ(csv_cell("1,2"), "\"1,2\"");
  EXPECT_EQ(csv_cell("say \"x\"\nagain"), "\"say \"\"x\"\"\nagain\"");
}

TEST(CsvCell, WhatASpreadsheetWouldRunIsText) {
  EXPECT_EQ(csv_cell("=1+1"), "'=1+1");
  EXPECT_EQ(csv_cell("+A1"), "'+A1");
  EXPECT_EQ(csv_cell("-A1"), "'-A1");
  EXPECT_EQ(csv_cell("@SUM(A1)"), "'@SUM(A1)");
  EXPECT_EQ(csv_cell("\t=1"), "'\t=1");
  EXPECT_EQ(csv_cell("=HYPERLINK(\"x\",1)"), "\"'=HYPERLINK(\"\"x\"\",1)\"");
}

TEST(CsvCell, ReadingGivesTheTextAgain) {
  for (const char* text :
       {"=1", "'=1", "''=1", "'", "''", "'text", "-3", "'-3", "-x", "@", "", "\r"}) {
    std::string cell = csv_cell(text);
    if (!cell.empty() && cell.front() == '"') cell = cell.substr(1, cell.size() - 2);
    EXPECT_EQ(csv_text(cell), text);
  }
  EXPECT_EQ(csv_text("plain"), "plain");
}

}  // namespace
}  // namespace kirchhoff
