#pragma once

#include <string>

#include "report/csv.h"

namespace kirchhoff::report::html {

/// Text as it may stand between tags and in attributes of HTML and SVG.
std::string escaped(const std::string& text);
/// A link that saves the table as NAME.csv; the file lies in the link itself.
std::string csv_link(const Csv& csv, const std::string& name);
/// A number as plots and their tables take it: short, and "NaN" for what is none.
std::string number(double value);

}  // namespace kirchhoff::report::html
