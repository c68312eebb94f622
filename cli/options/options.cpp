#include "cli/options/options.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <utility>

#include <boost/program_options.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "base/progress.h"
#include "base/quote.h"
#include "base/refusal.h"
#include "cli/terminal/style.h"
#include "cli/terminal/terminal.h"
#include "cli/terminal/wrapped.h"

namespace kirchhoff::cli {
namespace {

namespace po = boost::program_options;

std::string join(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : ", ") + word;
  return line;
}

}  // namespace

Options::Options(std::string command, std::string summary)
    : command_(std::move(command)), summary_(std::move(summary)) {
  flag("quiet", quiet_, "");
  hide("quiet");  // help() puts it to the end
}

void Options::section(const std::string& title) {
  in_advanced_section_ = false;
  add({title, "", "", "", Kind::kSection, nullptr, nullptr});
}

void Options::flag(const std::string& name, bool& target, const std::string& meaning) {
  add({name, "", meaning, "", Kind::kFlag, [&target](const std::string&) { target = true; },
       [&target] { return target ? "1" : "0"; }});
}

void Options::text(const std::string& name, std::string& target, const std::string& value_name,
                   const std::string& meaning) {
  custom(name, value_name, meaning, target, [name, &target](const std::string& value) {
    if (value.empty()) refuse_option(name, value, "must not be empty");
    target = value;
  });
}

void Options::texts(const std::string& name, std::vector<std::string>& target,
                    const std::string& value_name, const std::string& meaning) {
  add({name, value_name, meaning, "", Kind::kRepeatedValue,
       [name, &target](const std::string& value) {
         if (value.empty()) refuse_option(name, value, "must not be empty");
         target.push_back(value);
       },
       [&target] { return join(target); }});
}

void Options::choice(const std::string& name, std::string& target,
                     const std::vector<std::string>& allowed, const std::string& meaning) {
  add({name, "NAME", meaning + ": " + join(allowed), target, Kind::kValue,
       [name, allowed, &target](const std::string& value) {
         if (std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
           refuse_option(name, value, "must be one of " + join(allowed));
         }
         target = value;
       },
       [&target] { return target; }});
  options_.back().choices = allowed;
}

void Options::number(const std::string& name, double& target, const Range& range,
                     const std::string& meaning) {
  add({name, "X", meaning, fmt::format("{}", target), Kind::kValue,
       [name, range, &target](const std::string& value) {
         double parsed = 0;
         const char* const end = value.data() + value.size();
         const auto [stop, error] = std::from_chars(value.data(), end, parsed);
         if (error != std::errc{} || stop != end || !std::isfinite(parsed) ||
             !range.contains(parsed)) {
           refuse_option(name, value, "must be " + range.describe());
         }
         target = parsed;
       },
       [&target] { return fmt::format("{}", target); }});
}

void Options::output(const std::string& name, std::string& target, const std::string& meaning) {
  text(name, target, "FILE", meaning);
  outputs_.push_back({name, &target, false, {}});
}

void Options::output_folder(const std::string& name, std::string& target,
                            const std::string& meaning, const std::vector<std::string>& own) {
  text(name, target, "DIR", meaning);
  outputs_.push_back({name, &target, true, own});
}

void Options::json_output(std::string& target, const std::string& what) {
  output("json", target, what + " as JSON; - prints it in place of the table");
}

void Options::settle_output(const std::string& name, const std::string& path) {
  const auto output = std::find_if(outputs_.begin(), outputs_.end(),
                                   [&](const Output& one) { return one.name == name; });
  if (output == outputs_.end()) throw std::logic_error("--" + name + " is no declared output");
  if (!output->target->empty()) return;
  *output->target = path;
  check(*output);
}

void Options::custom(const std::string& name, const std::string& value_name,
                     const std::string& meaning, const std::string& shown_default,
                     std::function<void(const std::string&)> apply) {
  add({name, value_name, meaning, shown_default, Kind::kValue, std::move(apply), nullptr});
}

void Options::words(std::vector<std::string>& target, const std::string& value_name,
                    std::size_t least) {
  words_ = &target;
  least_words_ = least;
  words_name_ = value_name;
}

void Options::word(std::string& target, const std::string& value_name) {
  word_ = &target;
  words_name_ = value_name;
}

void Options::decides(const std::string& name, std::function<void()> settle) {
  find(name).settle = std::move(settle);
}

void Options::note(const std::string& left, const std::string& meaning) {
  add({left, "", meaning, "", Kind::kNote, nullptr, nullptr});
}

void Options::advanced(const std::string& name) { find(name).advanced = true; }
void Options::advanced_section(const std::string& title) {
  section(title);
  in_advanced_section_ = true;
  options_.back().advanced = true;
}
void Options::require(const std::string& name) { find(name).required = true; }
void Options::hide(const std::string& name) { find(name).hidden = true; }

bool Options::declares(const Option& option) {
  return option.kind != Kind::kSection && option.kind != Kind::kNote;
}

void Options::add(Option option) {
  option.advanced = in_advanced_section_;
  options_.push_back(std::move(option));
}

Options::Option& Options::find(const std::string& name) {
  const auto found = std::find_if(options_.begin(), options_.end(), [&](const Option& option) {
    return declares(option) && option.name == name;
  });
  if (found == options_.end()) throw std::logic_error("option --" + name + " is not declared");
  return *found;
}

bool Options::given(const std::string& name) const {
  return const_cast<Options*>(this)->find(name).given;
}

std::map<std::string, std::vector<std::string>> Options::given_words() const {
  std::map<std::string, std::vector<std::string>> words;
  for (const Option& option : options_) {
    for (const std::string& value : option.given_values) {
      const bool flag = option.kind == Kind::kFlag;
      words[option.name].push_back("--" + option.name + (flag ? "" : "=" + value));
    }
  }
  return words;
}

std::map<std::string, std::string> Options::values() const {
  std::map<std::string, std::string> values;
  for (const Option& option : options_) {
    if (!declares(option)) continue;
    values[option.name] = option.show                   ? option.show()
                          : option.given_values.empty() ? option.shown_default
                                                        : join(option.given_values);
  }
  return values;
}

CommandDescription Options::description() const {
  CommandDescription command{command_, summary_, example_, epilog_, words_name_, {}};
  std::string section;
  for (const Option& option : options_) {
    if (option.kind == Kind::kSection) section = option.name;
    if (!declares(option) || option.name == "quiet") continue;
    command.options.push_back(
        {section, option.name, option.value_name, option.meaning, option.shown_default,
         option.choices, option.kind == Kind::kRepeatedValue, option.required, option.hidden});
  }
  command.options.push_back(
      {"", "quiet", "", "print nothing but errors", "", {}, false, false, false});
  command.options.push_back({"", "help", "", "show the options", "", {}, false, false, false});
  return command;
}

bool Options::parse(const std::vector<std::string>& arguments) {
  if (const auto* listener = DescribeCommands::listener()) {
    (*listener)(description());
    return false;
  }
  // Boost splits the line; values stay text here, so that every message about one is our own.
  po::options_description description;
  std::vector<std::string> flags{"--help", "--help-all"};
  description.add_options()("help", "")("help-all", "");
  for (const Option& option : options_) {
    if (!declares(option)) continue;
    flags.push_back("--" + option.name);
    if (option.kind == Kind::kFlag) {
      description.add_options()(option.name.c_str(), "");
    } else {
      description.add_options()(option.name.c_str(), po::value<std::string>(), "");
    }
  }
  const std::string see = fmt::format("see kirchhoff {} --help", command_);
  const int style = po::command_line_style::allow_long |
                    po::command_line_style::long_allow_adjacent |
                    po::command_line_style::long_allow_next;
  std::vector<po::option> parsed;
  try {
    parsed = po::command_line_parser(arguments).options(description).style(style).run().options;
  } catch (const po::unknown_option& error) {
    std::string name = error.get_option_name();
    name.resize(std::min(name.find('='), name.size()));
    const std::string near = nearest(name, flags);
    throw InputError(fmt::format("{}: unknown option ({})", name,
                                 near.empty() ? see : "did you mean " + near + "?"));
  } catch (const po::invalid_command_line_syntax& error) {
    const std::string name = error.get_option_name();
    if (error.kind() == po::invalid_syntax::extra_parameter) {
      throw InputError(name + ": takes no value");
    }
    throw InputError(name + ": needs a value");
  } catch (const po::error& error) {
    throw InputError(fmt::format("{}: {}", command_, error.what()));
  }
  std::map<std::string, std::string> values;
  for (const po::option& entry : parsed) {
    values[entry.string_key] = entry.value.empty() ? "" : entry.value.front();
  }
  apply_deciding(values);
  // Asking for help wins over mistakes elsewhere on the line.
  for (const po::option& entry : parsed) {
    const bool all = entry.string_key == "help-all";
    const bool brief = entry.string_key.empty() && entry.value == std::vector<std::string>{"-h"};
    if (entry.string_key != "help" && !all && !brief) continue;
    print_page(help(all, page_width()));
    return false;
  }
  for (const po::option& entry : parsed) {
    if (entry.string_key.empty()) {
      const std::string word = entry.value.empty() ? "--" : entry.value.front();
      if (take_word(word)) continue;
      throw InputError(fmt::format("{}: unexpected argument '{}' ({})", command_, word, see));
    }
    Option& option = find(entry.string_key);
    if (option.given && option.kind != Kind::kRepeatedValue) {
      throw InputError("--" + option.name + ": given twice");
    }
    // Boost would take the next option for the value that was forgotten.
    const auto& tokens = entry.original_tokens;
    if (tokens.size() == 2 && std::find(flags.begin(), flags.end(), tokens[1]) != flags.end()) {
      throw InputError("--" + option.name + ": needs a value");
    }
    option.given = true;
    option.given_values.push_back(entry.value.empty() ? "" : entry.value.front());
    option.apply(option.given_values.back());
  }
  if (words_ != nullptr && words_->size() < least_words_) {
    throw InputError(fmt::format("{}: needs at least {} {} ({})", command_,
                                 least_words_ == 1 ? "one" : std::to_string(least_words_),
                                 words_name_, see));
  }
  for (const Option& option : options_) {
    if (option.required && !option.given) {
      throw InputError(
          fmt::format("--{} {}: is required ({})", option.name, option.value_name, see));
    }
  }
  for (Output& output : outputs_) {
    if (!output.target->empty()) check(output);
  }
  if (quiet_) {
    Progress::silence();
    silence_standard_output();
  }
  return true;
}

void Options::apply_deciding(const std::map<std::string, std::string>& values) {
  bool decided = false;
  for (Option& option : options_) {
    if (!option.settle) continue;
    const auto given = values.find(option.name);
    if (given != values.end() && !given->second.empty()) option.apply(given->second);
    option.settle();
    decided = true;
  }
  if (!decided) return;
  for (Option& option : options_) {
    if (option.kind == Kind::kValue && option.show) option.shown_default = option.show();
  }
}

bool Options::take_word(const std::string& word) {
  if (word.empty() || word.front() == '-') return false;
  if (words_ != nullptr) {
    words_->push_back(word);
    return true;
  }
  if (word_ == nullptr || !word_->empty()) return false;
  *word_ = word;
  return true;
}

void Options::check(Output& output) {
  const std::string& path = *output.target;
  try {
    if (output.folder) {
      check_output_folder(path);
      output.place = OutputTarget{std::filesystem::weakly_canonical(path).string()};
    } else {
      check_output(path);
      output.place = output_target(path);
    }
  } catch (const OutputError& error) {
    if (output.folder && error.number == ENOTDIR)
      refuse_option(output.name, path, "must be a folder");
    if (error.number == ENOENT) refuse_option(output.name, path, "its folder must exist");
    if (error.number == EISDIR) refuse_option(output.name, path, "must be a file, not a folder");
    refuse_option(output.name, path,
                  fmt::format("cannot be written: {}", std::strerror(error.number)));
  }
  refuse_collisions(output);
  // The output comes in place of what the command would print.
  if (output.place->is_standard_output()) silence_standard_output();
}

void Options::refuse_collisions(const Output& output) const {
  const std::string& path = *output.target;
  const std::pair<int, const char*> streams[] = {{STDOUT_FILENO, "output"},
                                                 {STDERR_FILENO, "error"}};
  for (const auto& [descriptor, name] : streams) {
    if (!output.folder && is_file_behind(descriptor, *output.place)) {
      refuse_option(output.name, path,
                    fmt::format("standard {} is that file, too; choose another", name));
    }
  }
  for (const Output& other : outputs_) {
    if (&other == &output || !other.place) continue;
    const Output& folder = output.folder ? output : other;
    const Output& file = output.folder ? other : output;
    bool same = false;
    if (output.folder == other.folder) {
      same = same_target(*output.place, *other.place);
    } else if (!file.place->stream) {
      const std::filesystem::path inside = file.place->file;
      const std::string name = inside.filename().string();
      same = inside.parent_path() == folder.place->file &&
             std::any_of(folder.own.begin(), folder.own.end(), [&](const std::string& end) {
               return name.size() >= end.size() &&
                      name.compare(name.size() - end.size(), end.size(), end) == 0;
             });
    }
    if (same) {
      refuse_option(output.name, path,
                    fmt::format("is where --{} {} is written, too; choose another", other.name,
                                *other.target));
    }
  }
}

std::string Options::help(bool all, std::size_t width) const {
  const auto left_column = [](const Option& option) {
    return (declares(option) ? "--" : "") + option.name +
           (option.value_name.empty() ? "" : " " + option.value_name);
  };
  const auto shown = [all](const Option& option) {
    return !option.hidden && (all || !option.advanced);
  };
  std::size_t left_width = std::string("--help-all").size();
  std::size_t left_out = 0;
  for (const Option& option : options_) {
    if (option.kind == Kind::kSection) continue;
    if (shown(option)) left_width = std::max(left_width, left_column(option).size());
    left_out += !option.hidden && !shown(option) ? 1 : 0;
  }
  left_width = std::min<std::size_t>(left_width, 24);
  std::string page;
  for (const std::string& part : wrapped(summary_, width)) page += part + "\n";
  page += fmt::format("\nusage: kirchhoff {}{} [options]\n", command_,
                      words_ != nullptr
                          ? fmt::format(least_words_ > 0 ? " {}..." : " [{}...]", words_name_)
                      : word_ != nullptr ? " [" + words_name_ + "]"
                                         : "");
  if (!example_.empty()) page += fmt::format("example: {}\n", example_);
  const auto line = [&](const std::string& left, const std::string& right) {
    bool first = true;
    if (left.size() > left_width) {
      page += "  " + left + "\n";
      first = false;
    }
    for (const std::string& part : wrapped(right, width - left_width - 4)) {
      page += fmt::format("  {:<{}}  {}\n", first ? left : "", left_width, part);
      first = false;
    }
  };
  bool untitled = true;
  for (const Option& option : options_) {
    if (!shown(option)) continue;
    if (option.kind == Kind::kSection) {
      page += "\n" + option.name + ":\n";
      untitled = false;
      continue;
    }
    if (untitled) page += "\n";
    untitled = false;
    std::string right = option.meaning;
    if (option.required) {
      right += " (required)";
    } else if (!option.shown_default.empty()) {
      right += fmt::format(" (default {})", option.shown_default);
    }
    line(left_column(option), right);
  }
  page += "\n";
  line("--quiet", "print nothing but errors");
  line("--help", left_out > 0 && !all
                     ? fmt::format("this page; --help-all: {} more options", left_out)
                     : "this page");
  if (!epilog_.empty()) page += "\n";
  std::istringstream lines(epilog_);
  for (std::string text; std::getline(lines, text);) {
    // A line that fits stays as it is, an indented example for one.
    if (columns_of(text) <= width) {
      page += text + "\n";
      continue;
    }
    for (const std::string& part : wrapped(text, width)) page += part + "\n";
  }
  return page;
}

}  // namespace kirchhoff::cli
