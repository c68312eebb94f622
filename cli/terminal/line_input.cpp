#include "cli/terminal/line_input.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "base/stop_request.h"

namespace kirchhoff::cli {

namespace {

// A signal ends poll() at once; one that comes just before it is seen after this long.
constexpr int kPollMs = 200;

}  // namespace

bool LineInput::next(std::string& line) {
  while (!stop_requested()) {
    const std::size_t end = text_.find('\n', seen_);
    if (end != std::string::npos) {
      line.assign(text_, 0, std::min(end, most_ + 1));
      text_.erase(0, end + 1);
      seen_ = 0;
      return true;
    }
    text_.resize(std::min(text_.size(), most_ + 1));
    seen_ = text_.size();
    if (fill()) continue;
    if (text_.empty() || stop_requested()) return false;
    line = std::move(text_);
    text_.clear();
    seen_ = 0;
    return true;
  }
  return false;
}

bool LineInput::fill() {
  const auto refuse = [] {
    throw RunError(fmt::format("standard input: cannot read: {}", std::strerror(errno)));
  };
  while (!ended_ && !stop_requested()) {
    pollfd one{descriptor_, POLLIN, 0};
    const int ready = ::poll(&one, 1, kPollMs);
    if (ready < 0 && errno != EINTR) refuse();
    if (ready <= 0) continue;
    std::array<char, 65536> bytes;
    const ssize_t got = ::read(descriptor_, bytes.data(), bytes.size());
    if (got < 0 && errno != EINTR && errno != EAGAIN) refuse();
    ended_ = got == 0;
    if (got <= 0) continue;
    text_.append(bytes.data(), static_cast<std::size_t>(got));
    return true;
  }
  return false;
}

}  // namespace kirchhoff::cli
