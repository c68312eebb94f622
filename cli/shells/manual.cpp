#include "cli/shells/manual.h"

#include <cstddef>

#include <fmt/format.h>

#include "base/utf8.h"
#include "base/version.h"

namespace kirchhoff::cli {
namespace {

/// Text of a paragraph: dashes stay dashes, no line begins a request, and what is not ASCII is
/// named by its number.
std::string roff(const std::string& text) {
  std::string out;
  bool begins = true;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (begins && (c == '.' || c == '\'')) out += "\\&";
    if (static_cast<unsigned char>(c) >= 0x80) {
      const Utf8Character character = utf8_character(text, at);
      out += fmt::format("\\[u{:04X}]", character.code);
      at += character.bytes - 1;
      begins = false;
      continue;
    }
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
    begins = c == '\n';
  }
  return out;
}

std::string head(const std::string& name, const std::string& summary) {
  return fmt::format(
      ".TH {} 1 \"\" \"kirchhoff {}\" \"Kirchhoff\"\n.SH NAME\n{} \\- {}\n.SH SYNOPSIS\n",
      roff(name), kVersion, roff(name), roff(summary));
}

void add_option(std::string& page, const OptionDescription& option) {
  page += fmt::format(".TP\n.B \\-\\-{}", roff(option.name));
  if (!option.value_name.empty()) page += fmt::format(" \\fI{}\\fR", roff(option.value_name));
  page += "\n" + roff(option.meaning);
  if (option.required) {
    page += " (required)";
  } else if (!option.shown_default.empty()) {
    page += fmt::format(" (default {})", roff(option.shown_default));
  }
  page += "\n";
}

}  // namespace

std::string manual_of_program(const std::vector<CommandLine>& lines) {
  std::string page = head(
      "kirchhoff", "bit widths of neural networks on ReRAM in-memory accelerators, cycle by cycle");
  page +=
      ".B kirchhoff\n.I COMMAND\n[\\fIoptions\\fR]\n.SH DESCRIPTION\n"
      "Kirchhoff finds how many bits each layer of a network should have on a ReRAM in\\-memory\n"
      "accelerator, and runs the network there cycle by cycle, bit\\-exactly.\n.SH COMMANDS\n";
  for (const CommandLine& line : lines)
    page += fmt::format(".TP\n.BR kirchhoff\\-{} (1)\n{}\n", roff(line.name), roff(line.summary));
  page +=
      ".SH ENVIRONMENT\n"
      ".TP\n.B KIRCHHOFF_DATA\nfolder of datasets, where \\-\\-data\\-dir is not given\n"
      ".TP\n.B KIRCHHOFF_CACHE\nfolder of clips, accuracies and costs that are kept\n"
      ".TP\n.B NO_COLOR\nno colours on a terminal\n"
      ".SH EXIT STATUS\n"
      ".TP\n.B 0\ndone\n.TP\n.B 1\nthe run failed\n.TP\n.B 2\nthe input was wrong\n"
      ".TP\n.B 130\ninterrupted\n";
  return page;
}

std::string manual_of(const CommandLine& line, const CommandDescription& command) {
  const std::string name = "kirchhoff-" + line.name;
  std::string page = head(name, line.summary);
  page += fmt::format(".B kirchhoff {}\n", roff(command.command));
  if (!command.words_name.empty()) page += fmt::format(".I {}\n", roff(command.words_name));
  page += "[\\fIoptions\\fR]\n.SH DESCRIPTION\n" + roff(command.summary) + "\n.SH OPTIONS\n";
  std::string section;
  bool hides = false;
  for (const OptionDescription& option : command.options) {
    hides = hides || option.hidden;
    if (option.hidden) continue;
    if (option.section != section && !option.section.empty())
      page += fmt::format(".SS {}\n", roff(option.section));
    section = option.section;
    add_option(page, option);
  }
  if (hides)
    page +=
        ".TP\n.B \\-\\-SECTION.KEY \\fIVALUE\\fR\na key of the hardware, as\n.B kirchhoff "
        "config\nlists them\n";
  if (!command.example.empty())
    page += fmt::format(".SH EXAMPLE\n.EX\n{}\n.EE\n", roff(command.example));
  if (!command.epilog.empty()) page += fmt::format(".SH NOTES\n.EX\n{}.EE\n", roff(command.epilog));
  return page + ".SH SEE ALSO\n.BR kirchhoff (1)\n";
}

}  // namespace kirchhoff::cli
