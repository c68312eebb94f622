#pragma once

#include <charconv>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "base/nearest.h"
#include "base/output_target.h"
#include "base/range.h"
#include "base/refusal.h"
#include "cli/options/description.h"

namespace kirchhoff::cli {

/// The options of one subcommand: declares them, parses the arguments strictly and writes the
/// values into the caller's variables, whose present values are the defaults that `--help` shows.
/// Every command has `--quiet` (nothing but errors is printed, no progress either) and `--help`.
/// An unknown, repeated, missing or ill-typed option is an InputError of one line that names the
/// flag, the value and what is allowed. Names are never abbreviated, and arguments without a flag
/// are refused.
///
///   Options options("train", "Train a network and store its weights");
///   int epochs = 20;
///   options.integer("epochs", epochs, 1, 1000, "passes over the training set");
///   if (!options.parse(arguments)) return 0;  // --help was printed
class Options {
 public:
  Options(std::string command, std::string summary);

  /// Starts a titled block in `--help`.
  void section(const std::string& title);
  /// Starts a block whose options only `--help-all` shows.
  void advanced_section(const std::string& title);
  /// Leaves an option to `--help-all`, too.
  void advanced(const std::string& name);
  /// A command line that works and tells most; below the usage.
  void example(const std::string& command_line) { example_ = command_line; }
  /// `--name`, which takes no value and sets `target`.
  void flag(const std::string& name, bool& target, const std::string& meaning);
  /// `--name TEXT`, which is not empty.
  void text(const std::string& name, std::string& target, const std::string& value_name,
            const std::string& meaning);
  /// `--name TEXT`, as often as wanted: each value is appended.
  void texts(const std::string& name, std::vector<std::string>& target,
             const std::string& value_name, const std::string& meaning);
  /// `--name ONE`, one of `allowed`.
  void choice(const std::string& name, std::string& target, const std::vector<std::string>& allowed,
              const std::string& meaning);
  /// `--name X`, a finite number within `range`.
  void number(const std::string& name, double& target, const Range& range,
              const std::string& meaning);
  /// `--name N`, an integer in [min, max].
  template <typename Integer>
  void integer(const std::string& name, Integer& target, Integer min, Integer max,
               const std::string& meaning) {
    add({name, "N", meaning, std::to_string(target), Kind::kValue,
         [name, &target, min, max](const std::string& value) {
           Integer parsed{};
           const char* const end = value.data() + value.size();
           const auto [stop, error] = std::from_chars(value.data(), end, parsed);
           if (error != std::errc{} || stop != end || parsed < min || parsed > max) {
             refuse_option(name, value,
                           "must be an integer in [" + std::to_string(min) + ", " +
                               std::to_string(max) + "]");
           }
           target = parsed;
         },
         [&target] { return std::to_string(target); }});
  }
  /// `--name FILE` that the command writes (base/output_file.h says how; "-" is standard output,
  /// and nothing else is printed there then). parse() refuses, before any work, what cannot be
  /// written and what two outputs would write.
  void output(const std::string& name, std::string& target, const std::string& meaning);
  /// `--name DIR` that the command fills, likewise. It calls files that end in one of `own` its
  /// own: no other output may be one.
  void output_folder(const std::string& name, std::string& target, const std::string& meaning,
                     const std::vector<std::string>& own = {});
  /// `--json FILE`: `what` the command prints as a table, as JSON; the same in every command.
  void json_output(std::string& target, const std::string& what);
  /// After parse(): the output `name`, declared above, is `path` unless it was given. Checks it.
  void settle_output(const std::string& name, const std::string& path);
  /// `--name TEXT` for anything else: `apply` gets the text and throws InputError when it is wrong.
  void custom(const std::string& name, const std::string& value_name, const std::string& meaning,
              const std::string& shown_default, std::function<void(const std::string&)> apply);

  /// The option declared as `name` decides the defaults of others: parse() applies it first and
  /// then calls `settle`, which puts them into their variables.
  void decides(const std::string& name, std::function<void()> settle);

  /// Arguments without a flag, in their order, at least `least` of them. Without this they are
  /// refused.
  void words(std::vector<std::string>& target, const std::string& value_name,
             std::size_t least = 1);
  /// One argument without a flag, which may be left out.
  void word(std::string& target, const std::string& value_name);

  /// A line of `--help` that declares nothing.
  void note(const std::string& left, const std::string& meaning);

  /// The option declared as `name` must be given.
  void require(const std::string& name);
  /// Keeps `name` out of `--help`; where many of a kind are better explained in one line.
  void hide(const std::string& name);
  /// Text at the end of `--help`.
  void epilog(const std::string& text) { epilog_ = text; }

  /// Parses the arguments. Returns false when they ask for help, which is then on standard output.
  [[nodiscard]] bool parse(const std::vector<std::string>& arguments);
  /// True when the option was on the command line.
  bool given(const std::string& name) const;
  /// The options on the command line, as words that mean the same to another command that declares
  /// them ("--name=value"), by name.
  std::map<std::string, std::vector<std::string>> given_words() const;
  /// Name and present value of every option, as text in one spelling (0.80 is 0.8).
  std::map<std::string, std::string> values() const;
  /// The page of `--help`, or with `all` that of `--help-all`, in lines of at most `width`
  /// characters.
  std::string help(bool all = false, std::size_t width = 80) const;
  /// The same as data: --help-all and what it hides.
  CommandDescription description() const;

 private:
  enum class Kind { kSection, kNote, kFlag, kValue, kRepeatedValue };
  struct Option {
    std::string name, value_name, meaning, shown_default;
    Kind kind;
    std::function<void(const std::string&)> apply;
    std::function<std::string()> show;  ///< the present value; empty: as it was given
    bool required = false, hidden = false, advanced = false, given = false;
    std::vector<std::string> choices{};
    std::vector<std::string> given_values{};
    std::function<void()> settle{};
  };
  /// An output that the command declares; `place` is empty until there is one.
  struct Output {
    std::string name;
    std::string* target;
    bool folder;
    std::vector<std::string> own;
    std::optional<OutputTarget> place{};
  };
  static bool declares(const Option& option);
  /// Applies the options that others' defaults depend on.
  void apply_deciding(const std::map<std::string, std::string>& values);
  /// Takes an argument without a flag, if there is room for one.
  bool take_word(const std::string& word);
  void check(Output& output);
  void refuse_collisions(const Output& output) const;
  void add(Option option);
  Option& find(const std::string& name);

  const std::string command_, summary_;
  std::string epilog_, example_;
  bool in_advanced_section_ = false, quiet_ = false;
  std::vector<std::string>* words_ = nullptr;
  std::string* word_ = nullptr;
  std::string words_name_;
  std::size_t least_words_ = 0;
  std::vector<Output> outputs_;
  std::vector<Option> options_;
};

}  // namespace kirchhoff::cli
