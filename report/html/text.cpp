#include "report/html/text.h"

#include <cmath>

#include <fmt/format.h>

#include "base/printable.h"
#include "base/utf8.h"

namespace kirchhoff::report::html {

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : printable(valid_utf8(text))) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string csv_link(const Csv& csv, const std::string& name) {
  std::string address;
  for (const char c : csv.to_text()) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        byte > ' ' && byte < 0x7f && std::string("\"%#<>&'").find(c) == std::string::npos;
    address += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return fmt::format("<a download=\"{0}.csv\" href=\"data:text/csv;charset=utf-8,{1}\">{0}.csv</a>",
                     escaped(name), address);
}

std::string number(double value) {
  return std::isfinite(value) ? fmt::format("{:.6g}", value) : "NaN";
}

}  // namespace kirchhoff::report::html
