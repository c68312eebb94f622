#include "report/html/watched.h"

#include <fmt/format.h>

#include "base/error.h"
#include "report/html/page.h"
#include "report/html/script.h"

namespace kirchhoff::report::html {
namespace {

void put_behind(std::string& text, const std::string& place, const std::string& more) {
  const std::size_t at = text.find(place);
  if (at == std::string::npos) throw RunError(fmt::format("a page without {}", place));
  text.insert(at + place.size(), more);
}

}  // namespace

std::string watched_page(const std::string& page, const std::string& tag) {
  std::string text = page;
  put_behind(text, "<html lang=\"en\"", fmt::format(" data-tag='{}'", tag));
  put_behind(text, "default-src 'none';", " connect-src 'self';");
  put_behind(text, "</style>\n",
             fmt::format("<noscript><meta http-equiv=\"refresh\" content=\"30\"></noscript>\n"
                         "<script>\n{}</script>\n",
                         watch_script()));
  return text;
}

std::string waiting_page(const std::string& message) {
  Page page("Kirchhoff: no page yet");
  page.paragraph(message);
  return page.render();
}

}  // namespace kirchhoff::report::html
