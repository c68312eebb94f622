#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iterator>
#include <new>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <systemc>
#include <unistd.h>

#include "agent/search_methods.h"
#include "base/address_space.h"
#include "base/error.h"
#include "base/printable.h"
#include "base/quote.h"
#include "base/stop_request.h"
#include "base/version.h"
#include "base/waiting_threads.h"
#include "cli/commands/command.h"
#include "cli/options/options.h"
#include "cli/terminal/interrupt.h"
#include "cli/terminal/style.h"
#include "cli/terminal/terminal.h"
#include "cosim/evolution_library.h"
#include "cosim/import_library.h"

namespace kirchhoff::cli {
namespace {

std::string help_page() {
  std::string page =
      "Kirchhoff finds the bit widths of a network's layers on a ReRAM in-memory\n"
      "accelerator, and runs it there cycle by cycle.\n\n"
      "usage: kirchhoff COMMAND [options]\n\ncommands:\n";
  for (const Command& command : all_commands()) {
    page += fmt::format("  {:<12}{}\n", command.name, command.summary);
  }
  const std::vector<std::string> best = agent::recommended_search_methods();
  page += fmt::format(
      "\nAt tight th the search methods {} lose least accuracy,\n"
      "{} with less work: kirchhoff search --method {}.\n"
      "The default is the paper's {}.\n",
      fmt::join(best, " and "), best.front(), best.front(), agent::default_search_method());
  page +=
      "\n  kirchhoff help COMMAND   the options of a command, as does COMMAND --help\n"
      "  kirchhoff --version      version, commit, compiler and libraries\n";
  return page;
}

std::string version_page() {
  return fmt::format("kirchhoff {}\ncommit      {}\ncompiler    {}\nlibraries   {}\n", kVersion,
                     build_commit(), build_compiler(), fmt::join(build_libraries(), ", "));
}

const Command& find_command(const std::string& name) {
  std::vector<std::string> names;
  for (const Command& command : all_commands()) {
    if (name == command.name) return command;
    names.emplace_back(command.name);
  }
  const std::string near = nearest(name, names);
  throw InputError(
      fmt::format("{}: unknown command ({})", name.empty() ? "''" : quote(name),
                  near.empty() ? "see kirchhoff --help" : "did you mean " + near + "?"));
}

int dispatch(const std::vector<std::string>& arguments) {
  if (arguments.empty()) {
    // Somebody's first try, or a script's variable that was empty: the page, but no success.
    std::fputs(help_page().c_str(), stderr);
    return 2;
  }
  const std::string& first = arguments.front();
  if (first == "--help" || first == "-h" || first == "help") {
    if (arguments.size() > 2) {
      throw InputError(fmt::format("{}: unexpected argument '{}'", first, quote(arguments[2])));
    }
    if (arguments.size() == 2) return find_command(arguments[1]).run({"--help"});
    print_page(help_page());
    return 0;
  }
  if (first == "--version" || first == "-V" || first == "version") {
    if (arguments.size() > 1) {
      throw InputError(fmt::format("{}: unexpected argument '{}'", first, quote(arguments[1])));
    }
    std::fputs(version_page().c_str(), stdout);
    return 0;
  }
  if (first.size() > 1 && first.front() == '-') {
    throw InputError(
        fmt::format("{}: unknown option before the command (see kirchhoff --help)", quote(first)));
  }
  return find_command(first).run({arguments.begin() + 1, arguments.end()});
}

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

/// "kirchhoff: error: " and the like, what messages on standard error begin with.
std::string prefix(Style style, const char* word) {
  return fmt::format("kirchhoff: {}: ", has_colours(STDERR_FILENO) ? styled(style, word) : word);
}

void print_error(const std::string& message) {
  std::fflush(stdout);
  // Names of files may be long, and there may be two.
  constexpr std::size_t kLongest = 10'000;
  std::fprintf(stderr, "%s%s\n", prefix(Style::kError, "error").c_str(),
               quote(one_line(message), kLongest).c_str());
}

std::string readable(const sc_core::sc_report& report) {
  std::string text = report.get_msg_type();
  const char* const message = report.get_msg();
  if (message != nullptr && *message != '\0') text += fmt::format(": {}", message);
  if (report.get_process_name() != nullptr) {
    text += fmt::format(" (in {} at {})", report.get_process_name(), report.get_time().to_string());
  }
  return one_line(text);
}

// SystemC's own handler prints several lines on standard output, where results belong.
void report_to_standard_error(const sc_core::sc_report& report,
                              const sc_core::sc_actions& actions) {
  if ((actions & sc_core::SC_DISPLAY) != 0) {
    static const char* const names[] = {"info", "warning", "error", "error"};
    std::fprintf(stderr, "kirchhoff: %s: %s\n", names[report.get_severity()],
                 printable(readable(report)).c_str());
  }
  sc_core::sc_report_handler::default_handler(
      report, actions & ~static_cast<sc_core::sc_actions>(sc_core::SC_DISPLAY));
}

void log_to_standard_error() {
  const bool plain = !has_colours(STDERR_FILENO);
  auto logger = std::make_shared<spdlog::logger>(
      "kirchhoff", std::make_shared<spdlog::sinks::stderr_color_sink_mt>(
                       plain ? spdlog::color_mode::never : spdlog::color_mode::automatic));
  logger->set_pattern("kirchhoff: %^%l%$: %v");
  spdlog::set_default_logger(std::move(logger));
}

int run(const std::vector<std::string>& arguments) {
  try {
    const int status = dispatch(arguments);
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      throw RunError("standard output: cannot write");
    }
    return status;
  } catch (const InputError& error) {
    print_error(error.what());
    return 2;
  } catch (const Stopped& stopped) {
    std::fflush(stdout);
    std::fprintf(stderr, "kirchhoff: %s\n", printable(stopped.what()).c_str());
    return stopped_exit_code();
  } catch (const sc_core::sc_report& report) {
    print_error(readable(report));
    return 1;
  } catch (const RunError& error) {
    // The report of a run that hangs has a line per packet that waits.
    std::fflush(stdout);
    std::fprintf(stderr, "%s%s\n", prefix(Style::kError, "error").c_str(),
                 printable(error.what()).c_str());
    return 1;
  } catch (const std::bad_alloc&) {
    print_error(fmt::format("not enough memory{}", address_space_hint()));
    return 1;
  } catch (const std::exception& error) {
    print_error(error.what());
    return 1;
  }
}

}  // namespace
}  // namespace kirchhoff::cli

// libsystemc has a `main` of its own that calls sc_main. Ours comes first, to silence the banner.
int sc_main(int argc, char** argv) {
  return kirchhoff::cli::run({argv + std::min(argc, 1), argv + argc});
}

int main(int argc, char** argv) {
  kirchhoff::cli::open_standard_descriptors();
  kirchhoff::let_waiting_threads_sleep(argv);
  kirchhoff::require_address_space();
  kirchhoff::cli::guard_standard_output();
  // A file that grows beyond ulimit -f is an error of its writer, not the end of the program.
  std::signal(SIGXFSZ, SIG_IGN);
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  kirchhoff::cli::log_to_standard_error();
  kirchhoff::cli::install_interrupt_handler();
  kirchhoff::cosim::read_onnx_by_module();
  kirchhoff::cosim::evolve_by_module();
  sc_core::sc_report_handler::set_handler(kirchhoff::cli::report_to_standard_error);
  return sc_core::sc_elab_and_sim(argc, argv);
}
