#pragma once

#include <functional>
#include <string>
#include <vector>

namespace kirchhoff::cli {

/// An option as shells and manual pages need it.
struct OptionDescription {
  std::string section;     ///< title of its block in --help; empty: none
  std::string name;        ///< without dashes
  std::string value_name;  ///< empty: takes no value
  std::string meaning, shown_default;
  std::vector<std::string> choices;  ///< all values that it takes; empty: others
  bool repeated = false, required = false;
  bool hidden = false;  ///< not even in --help-all: the keys of the hardware
};

/// What a command declares.
struct CommandDescription {
  std::string command, summary, example, epilog;
  std::string words_name;  ///< of arguments without a flag; empty: none
  std::vector<OptionDescription> options;
};

/// While it lives, Options::parse() describes the command to `listener` and returns false, as if
/// help had been asked for: who runs all commands sees all that they declare.
class DescribeCommands {
 public:
  explicit DescribeCommands(std::function<void(const CommandDescription&)> listener);
  ~DescribeCommands();
  DescribeCommands(const DescribeCommands&) = delete;
  DescribeCommands& operator=(const DescribeCommands&) = delete;

  /// Null while nobody listens.
  static const std::function<void(const CommandDescription&)>* listener();
};

}  // namespace kirchhoff::cli
