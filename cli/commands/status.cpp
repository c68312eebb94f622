#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/atomic_file.h"
#include "base/json_text.h"
#include "base/printable.h"
#include "cli/commands/command.h"
#include "cli/commands/folder_status.h"
#include "cli/options/options.h"

namespace kirchhoff::cli {
namespace {

/// "2 h 10 min", "3 min 20 s", "12 s".
std::string duration(double seconds) {
  const auto whole = static_cast<long long>(std::llround(seconds));
  if (whole >= 3600) return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
  if (whole >= 60) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} s", whole);
}

std::string place(const PieceStatus& piece) {
  if (piece.host.empty()) return "";
  return fmt::format("{}, process {} ({}){}", piece.host, piece.pid, piece.part,
                     piece.silent_s.value_or(0) > 60
                         ? fmt::format(", silent for {}", duration(*piece.silent_s))
                         : "");
}

void print_counts(const FolderStatus& status) {
  std::vector<std::string> parts;
  for (const char* state :
       {"done", "running", "waiting", "interrupted", "failed", "unreachable", "refused"}) {
    if (const std::size_t count = status.count(state); count > 0)
      parts.push_back(fmt::format("{} {}", count, state));
  }
  fmt::print("{} {}\n", status.kind, printable(status.folder));
  fmt::print("runs        {} in all: {}\n", status.pieces.size(), fmt::join(parts, ", "));
  if (status.rate_per_s) fmt::print("rate        {:.2f} runs/s\n", *status.rate_per_s);
  if (status.left_s) fmt::print("time left   about {}\n", duration(*status.left_s));
}

/// Per threshold the run that has found most.
void print_best(const FolderStatus& status) {
  std::map<double, const PieceStatus*> best;
  for (const PieceStatus& piece : status.pieces) {
    if (!piece.best_accuracy_pct) continue;
    const PieceStatus*& known = best[piece.th];
    if (known == nullptr || *piece.best_accuracy_pct > *known->best_accuracy_pct) known = &piece;
  }
  for (const auto& [th, piece] : best) {
    fmt::print("best so far {:.2f} % at cost {:.4f} (th {}): {}\n", *piece->best_accuracy_pct,
               piece->best_cost_ratio.value_or(0), th, piece->name);
  }
}

void print_running(const FolderStatus& status) {
  for (const PieceStatus& piece : status.pieces) {
    if (piece.state != "running") continue;
    std::vector<std::string> parts;
    if (piece.of_episodes > 0)
      parts.push_back(fmt::format("{}/{} episodes", piece.episodes, piece.of_episodes));
    if (piece.rate_per_s) parts.push_back(fmt::format("{:.2f} episodes/s", *piece.rate_per_s));
    if (piece.left_s) parts.push_back(duration(*piece.left_s) + " left");
    if (piece.best_accuracy_pct)
      parts.push_back(fmt::format("best {:.2f} % at cost {:.4f}", *piece.best_accuracy_pct,
                                  piece.best_cost_ratio.value_or(0)));
    if (const std::string where = place(piece); !where.empty()) parts.push_back(where);
    fmt::print("running     {}{}{}\n", piece.name, parts.empty() ? "" : ": ",
               printable(fmt::format("{}", fmt::join(parts, ", "))));
  }
}

void print_failures(const FolderStatus& status) {
  for (const PieceStatus& piece : status.pieces) {
    if (piece.state == "failed")
      fmt::print("failed      {}: {}\n", piece.name,
                 piece.reason.empty() ? "no message" : printable(piece.reason));
  }
}

}  // namespace

int status_command(const std::vector<std::string>& arguments) {
  std::vector<std::string> folders;
  std::string json;
  Options options(
      "status",
      "Shows how far comparisons, sweeps and searches are: what runs where, rates, time "
      "left, the best so far, and what has failed. It reads files only, whoever works "
      "in the folder.");
  options.example("kirchhoff status study");
  options.words(folders, "DIR");
  options.json_output(json, "the state of every run");
  if (!options.parse(arguments)) return 0;
  std::vector<FolderStatus> all;
  for (const std::string& folder : folders) all.push_back(folder_status(folder));
  if (!json.empty()) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const FolderStatus& status : all) list.push_back(status.json());
    write_file_atomically(json, json_text(nlohmann::ordered_json{{"folders", list}}));
  }
  for (const FolderStatus& status : all) {
    print_counts(status);
    print_best(status);
    print_running(status);
    print_failures(status);
  }
  return 0;
}

}  // namespace kirchhoff::cli
