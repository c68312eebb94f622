#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "cli/terminal/line_input.h"

namespace kirchhoff::cli {

/// Another run of this program that answers lines on its standard input with lines. It has a group
/// of its own, so that Ctrl-C reaches it through us, and it ends with us.
class PeerProcess {
 public:
  /// `arguments` from the subcommand on; an answer has at most `most` bytes. RunError when it
  /// cannot be started.
  PeerProcess(std::vector<std::string> arguments, std::size_t most);
  ~PeerProcess();
  PeerProcess(const PeerProcess&) = delete;
  PeerProcess& operator=(const PeerProcess&) = delete;

  /// Its answer to one line. InputError when it has ended instead, with the reason that it gave.
  /// Stopped when the program is to end.
  std::string ask(const std::string& line);

 private:
  std::string last_words() const;

  pid_t child_ = -1;
  int talk_ = -1;      ///< our end of its standard input and output
  int messages_ = -1;  ///< a file in memory: its standard error
  std::optional<LineInput> answers_;
};

}  // namespace kirchhoff::cli
