#pragma once

#include <functional>
#include <string>
#include <vector>

namespace kirchhoff::cli {

/// One subcommand of the program. `run` gets the arguments after its name and returns the exit
/// code; InputError (exit 2) and RunError (exit 1) may leave it.
struct Command {
  const char* name;
  const char* summary;  ///< one line for `kirchhoff --help`
  int (*run)(const std::vector<std::string>& arguments);
};

/// All of them, in the order of `kirchhoff --help`.
const std::vector<Command>& all_commands();

int completion_command(const std::vector<std::string>& arguments);
int config_command(const std::vector<std::string>& arguments);
int doctor_command(const std::vector<std::string>& arguments);
int train_command(const std::vector<std::string>& arguments);
int finetune_command(const std::vector<std::string>& arguments);
int evaluate_command(const std::vector<std::string>& arguments);
int network_command(const std::vector<std::string>& arguments);
int export_command(const std::vector<std::string>& arguments);
int policy_command(const std::vector<std::string>& arguments);
int map_command(const std::vector<std::string>& arguments);
int man_command(const std::vector<std::string>& arguments);
int noc_command(const std::vector<std::string>& arguments);
int simulate_command(const std::vector<std::string>& arguments);
int explain_command(const std::vector<std::string>& arguments);
int cost_table_command(const std::vector<std::string>& arguments);
int search_command(const std::vector<std::string>& arguments);
int list_command(const std::vector<std::string>& arguments);
int serve_command(const std::vector<std::string>& arguments);
int compare_command(const std::vector<std::string>& arguments);
int sweep_command(const std::vector<std::string>& arguments);
int validate_command(const std::vector<std::string>& arguments);
int report_command(const std::vector<std::string>& arguments);
int watch_command(const std::vector<std::string>& arguments);
int status_command(const std::vector<std::string>& arguments);

}  // namespace kirchhoff::cli
