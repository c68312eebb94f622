#include "cli/commands/command.h"

namespace kirchhoff::cli {

const std::vector<Command>& all_commands() {
  static const std::vector<Command> commands = {
      {"config", "print the hardware configuration: keys, values, sources, meanings",
       config_command},
      {"train", "train a network and store its weights", train_command},
      {"finetune", "adapt a trained network to a bit-width policy", finetune_command},
      {"evaluate", "measure the accuracy of a network under a bit-width policy", evaluate_command},
      {"network", "show the operators of a network and the stages they become", network_command},
      {"policy", "show, compare, change and convert bit-width policies", policy_command},
      {"export", "write a network under a policy as quantised ONNX", export_command},
      {"map", "show how a network lies on crossbars, PEs and tiles", map_command},
      {"simulate", "run a network under a policy on the chip, cycle by cycle", simulate_command},
      {"explain", "say where a number of the report comes from", explain_command},
      {"cost-table", "costs of every layer at every bit width as CSV, and back",
       cost_table_command},
      {"noc", "measure the network on chip alone under synthetic traffic", noc_command},
      {"search", "search the bit widths of each layer with the chip in the loop", search_command},
      {"list", "names of networks, datasets, presets and search methods", list_command},
      {"serve", "answer another program's questions about policies", serve_command},
      {"compare", "run searches: methods, thresholds, seeds; and tabulate them", compare_command},
      {"sweep", "simulate all combinations of hardware values and policies", sweep_command},
      {"validate", "measure every published figure that the model is held against",
       validate_command},
      {"status", "how far comparisons, sweeps and searches are, and where they run",
       status_command},
      {"report", "tables and figure data of finished comparisons and searches", report_command},
      {"watch", "serve the page of a study that grows to a browser of this machine", watch_command},
      {"doctor", "what the program finds here, and whether it computes as elsewhere",
       doctor_command},
      {"completion", "completion of the command line in bash, zsh or fish", completion_command},
      {"man", "write the manual pages of all commands", man_command},
  };
  return commands;
}

}  // namespace kirchhoff::cli
