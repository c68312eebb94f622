#include "cli/options.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include <boost/program_options.hpp>
#include <fmt/format.h>

#include "cli/progress.h"
#include "traces/quote.h"

namespace kirchhoff::cli {
namespace {

namespace po = boost::program_options;

std::string join(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : ", ") + word;
  return line;
}

// Breaks a text into lines of at most `width` characters at its spaces.
std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines(1);
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    if (!lines.back().empty() && lines.back().size() + 1 + word.size() > width)
      lines.emplace_back();
    lines.back() += (lines.back().empty() ? "" : " ") + word;
    begin = end + 1;
  }
  return lines;
}

}  // namespace

std::string Range::describe() const {
  const bool has_min = std::isfinite(min), has_max = std::isfinite(max);
  if (has_min && has_max)
    return fmt::format("a number in {}{}, {}]", min_allowed ? '[' : '(', min, max);
  if (has_min)
    return fmt::format("a number {} {}", min_allowed ? "of at least" : "greater than", min);
  if (has_max) return fmt::format("a number of at most {}", max);
  return "a number";
}

Options::Options(std::string command, std::string summary)
    : command_(std::move(command)), summary_(std::move(summary)) {}

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
  custom(name, value_name, meaning, target,
         [&target](const std::string& value) { target = value; });
}

void Options::texts(const std::string& name, std::vector<std::string>& target,
                    const std::string& value_name, const std::string& meaning) {
  add({name, value_name, meaning, "", Kind::kRepeatedValue,
       [&target](const std::string& value) { target.push_back(value); },
       [&target] { return join(target); }});
}

void Options::choice(const std::string& name, std::string& target,
                     const std::vector<std::string>& allowed, const std::string& meaning) {
  add({name, "NAME", meaning + ": " + join(allowed), target, Kind::kValue,
       [name, allowed, &target](const std::string& value) {
         if (std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
           refuse(name, value, "must be one of " + join(allowed));
         }
         target = value;
       },
       [&target] { return target; }});
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
           refuse(name, value, "must be " + range.describe());
         }
         target = parsed;
       },
       [&target] { return fmt::format("{}", target); }});
}

void Options::custom(const std::string& name, const std::string& value_name,
                     const std::string& meaning, const std::string& shown_default,
                     std::function<void(const std::string&)> apply) {
  add({name, value_name, meaning, shown_default, Kind::kValue, std::move(apply), nullptr});
}

void Options::words(std::vector<std::string>& target, const std::string& value_name) {
  words_ = &target;
  words_name_ = value_name;
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
void Options::may_be_quiet() { flag("quiet", quiet_, "print nothing but errors"); }
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

void Options::refuse(const std::string& name, const std::string& value, const std::string& rule) {
  throw InputError(fmt::format("--{} {}: {}", name, value.empty() ? "''" : quote(value), rule));
}

bool Options::parse(const std::vector<std::string>& arguments) {
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
    std::vector<std::string> words = arguments;
    std::replace(words.begin(), words.end(), std::string("-h"), std::string("--help"));
    parsed = po::command_line_parser(words).options(description).style(style).run().options;
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
  // Asking for help wins over mistakes elsewhere on the line.
  for (const po::option& entry : parsed) {
    if (entry.string_key != "help" && entry.string_key != "help-all") continue;
    std::fputs(help(entry.string_key == "help-all").c_str(), stdout);
    return false;
  }
  for (const po::option& entry : parsed) {
    if (entry.string_key.empty()) {
      if (words_ != nullptr && !entry.value.empty() && !entry.value.front().empty() &&
          entry.value.front().front() != '-') {
        words_->push_back(entry.value.front());
        continue;
      }
      const std::string word = entry.value.empty() ? "--" : entry.value.front();
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
  if (words_ != nullptr && words_->empty()) {
    throw InputError(fmt::format("{}: needs at least one {} ({})", command_, words_name_, see));
  }
  for (const Option& option : options_) {
    if (option.required && !option.given) {
      throw InputError(
          fmt::format("--{} {}: is required ({})", option.name, option.value_name, see));
    }
  }
  if (quiet_) {
    Progress::silence();
    if (std::freopen("/dev/null", "w", stdout) == nullptr) {
      throw RunError("/dev/null: cannot write");
    }
  }
  return true;
}

std::string Options::help(bool all) const {
  const auto left_column = [](const Option& option) {
    return (declares(option) ? "--" : "") + option.name +
           (option.value_name.empty() ? "" : " " + option.value_name);
  };
  const auto shown = [all](const Option& option) {
    return !option.hidden && (all || !option.advanced);
  };
  std::size_t width = std::string("--help-all").size();
  std::size_t left_out = 0;
  for (const Option& option : options_) {
    if (option.kind == Kind::kSection) continue;
    if (shown(option)) width = std::max(width, left_column(option).size());
    left_out += !option.hidden && !shown(option) ? 1 : 0;
  }
  width = std::min<std::size_t>(width, 28);
  std::string page = fmt::format("{}\n\nusage: kirchhoff {}{} [options]\n", summary_, command_,
                                 words_ != nullptr ? " " + words_name_ + "..." : "");
  if (!example_.empty()) page += fmt::format("example: {}\n", example_);
  const auto line = [&](const std::string& left, const std::string& right) {
    bool first = true;
    if (left.size() > width) {
      page += "  " + left + "\n";
      first = false;
    }
    for (const std::string& part : wrapped(right, 98 - width - 4)) {
      page += fmt::format("  {:<{}}  {}\n", first ? left : "", width, part);
      first = false;
    }
  };
  if (!options_.empty() && options_.front().kind != Kind::kSection) page += "\n";
  for (const Option& option : options_) {
    if (!shown(option)) continue;
    if (option.kind == Kind::kSection) {
      page += "\n" + option.name + ":\n";
      continue;
    }
    std::string right = option.meaning;
    if (option.required) {
      right += " (required)";
    } else if (!option.shown_default.empty()) {
      right += fmt::format(" (default {})", option.shown_default);
    }
    line(left_column(option), right);
  }
  page += "\n";
  line("--help", left_out > 0 && !all
                     ? fmt::format("this page; --help-all: {} more options", left_out)
                     : "this page");
  if (!epilog_.empty()) page += "\n" + epilog_ + "\n";
  return page;
}

}  // namespace kirchhoff::cli
