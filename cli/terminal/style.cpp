#include "cli/terminal/style.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include <fmt/color.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace kirchhoff::cli {
namespace {

constexpr std::size_t kNarrowest = 80, kWidest = 100;

bool is_set(const char* variable) {
  const char* const value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

}  // namespace

bool has_colours(int descriptor) {
  const char* const terminal = std::getenv("TERM");
  return ::isatty(descriptor) == 1 && !is_set("NO_COLOR") && terminal != nullptr &&
         std::strcmp(terminal, "dumb") != 0;
}

std::string styled(Style style, std::string_view text) {
  switch (style) {
    case Style::kHeading:
      return fmt::format(fmt::emphasis::bold, "{}", text);
    case Style::kError:
      return fmt::format(fmt::emphasis::bold | fmt::fg(fmt::terminal_color::red), "{}", text);
    case Style::kWarning:
      return fmt::format(fmt::emphasis::bold | fmt::fg(fmt::terminal_color::yellow), "{}", text);
  }
  return std::string(text);
}

std::size_t page_width() {
  winsize size = {};
  std::size_t columns = kNarrowest;
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    columns = size.ws_col;
  } else if (const char* const set = std::getenv("COLUMNS")) {
    std::from_chars(set, set + std::strlen(set), columns);
  }
  return std::clamp(columns, kNarrowest, kWidest);
}

}  // namespace kirchhoff::cli
