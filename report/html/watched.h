#pragma once

#include <string>

namespace kirchhoff::report::html {

/// A page of write_page() for a server that changes it: it asks its own address, and nobody else,
/// whether there is one with another tag (the header ETag of the answer), and loads that. Without
/// scripts it is loaded anew now and then.
std::string watched_page(const std::string& page, const std::string& tag);

/// What such a server has before there is a page: `message` says why, as text.
std::string waiting_page(const std::string& message);

}  // namespace kirchhoff::report::html
