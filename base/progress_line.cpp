#include "base/progress_line.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/printable.h"

namespace kirchhoff {
namespace {

// What took less has no rate worth reading, and what it promises is a guess.
constexpr double kRateAfterS = 1.0, kLeftAfterS = 2.0;

std::string readable_duration(double seconds) {
  const auto total = static_cast<long long>(seconds + 0.5);
  if (total < 60) return fmt::format("{} s", total);
  if (total < 3600) return fmt::format("{} min {:02} s", total / 60, total % 60);
  return fmt::format("{} h {:02} min", total / 3600, total / 60 % 60);
}

std::string readable_rate(double per_second, const std::string& unit) {
  if (per_second >= 10) return fmt::format("{:.0f} {}/s", per_second, unit);
  if (per_second >= 0.1) return fmt::format("{:.2g} {}/s", per_second, unit);
  return fmt::format("{:.2g} {}/min", per_second * 60, unit);
}

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

std::size_t columns_of(const std::string& text) {
  return text.size() -
         static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues_character));
}

std::string cut(const std::string& text, std::size_t room) {
  std::size_t end = 0;
  for (std::size_t columns = 0; end < text.size(); ++end) {
    if (!continues_character(text[end]) && columns++ == room) break;
  }
  return text.substr(0, end);
}

}  // namespace

std::string progress_line(const ProgressState& s, std::size_t room) {
  std::vector<std::string> parts;
  parts.push_back(s.total == 0 ? fmt::format("{}: {} {}", s.title, s.done, s.unit)
                               : fmt::format("{}: {}/{} {}", s.title, s.done, s.total, s.unit));
  if (!s.note.empty()) parts.push_back(s.note);
  if (s.worked > 0 && s.elapsed_s >= kRateAfterS) {
    const double rate = s.worked / s.elapsed_s;
    if (s.last) {
      parts.push_back("took " + readable_duration(s.elapsed_s));
    } else if (s.total > 0 && s.left > 0 && s.elapsed_s >= kLeftAfterS) {
      parts.push_back(readable_duration(std::max(1.0, s.left / rate)) + " left");
    }
    parts.push_back(readable_rate(rate, s.unit));
  }
  std::string line = printable(parts.front());
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::string longer = line + ", " + printable(parts[i]);
    // The note is what somebody looks for: rather its beginning than nothing of it.
    const bool fits = room == 0 || columns_of(longer) <= room || i == 1;
    if (!fits) break;
    line = longer;
  }
  return room == 0 ? line : cut(line, room);
}

}  // namespace kirchhoff
