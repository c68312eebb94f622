#include "cli/terminal/terminal.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/error.h"
#include "base/printable.h"
#include "cli/terminal/style.h"

namespace kirchhoff::cli {
namespace {

bool write_all(const std::string& text) {
  const char* next = text.data();
  for (std::size_t left = text.size(); left > 0;) {
    const ssize_t written = ::write(STDOUT_FILENO, next, left);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    next += written;
    left -= static_cast<std::size_t>(written);
  }
  return true;
}

ssize_t write_guarded(void*, const char* bytes, size_t count) {
  // Never destroyed: the library flushes its streams when everything else is gone.
  static PrintableStream& guard = *new PrintableStream;
  return write_all(guard.feed({bytes, count})) ? static_cast<ssize_t>(count) : 0;
}

/// Where `stdout` prints from now on; the C library lets it be set.
void print_to(std::FILE* stream) {
  if (stream == nullptr) throw RunError("standard output: cannot write");
  std::fflush(stdout);
  stdout = stream;
}

}  // namespace

void open_standard_descriptors() {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free number is this one. Without /dev/null there is nothing safe to do.
    if (::open("/dev/null", O_RDWR) != descriptor) std::abort();
  }
}

void guard_standard_output() {
  cookie_io_functions_t functions = {};
  functions.write = write_guarded;
  std::FILE* const stream = ::fopencookie(nullptr, "w", functions);
  print_to(stream);
  // As the C library does it for descriptors: whole blocks, but lines on a terminal.
  std::setvbuf(stream, nullptr, ::isatty(STDOUT_FILENO) == 1 ? _IOLBF : _IOFBF, BUFSIZ);
}

void print_page(const std::string& page) {
  if (!has_colours(STDOUT_FILENO)) {
    std::fputs(page.c_str(), stdout);
    return;
  }
  // The guard of standard output would spell the colours out.
  std::fflush(stdout);
  std::istringstream lines(page);
  std::string text, line;
  while (std::getline(lines, line)) {
    const bool heading = !line.empty() && line.front() != ' ' && line.back() == ':';
    text += (heading ? styled(Style::kHeading, line) : line) + "\n";
  }
  if (!write_all(text)) throw RunError("standard output: cannot write");
}

void silence_standard_output() { print_to(std::fopen("/dev/null", "we")); }

}  // namespace kirchhoff::cli
