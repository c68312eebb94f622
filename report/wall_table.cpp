#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "agent/search_methods.h"
#include "base/error.h"
#include "quant/network/networks.h"
#include "quant/network/policy.h"
#include "report/tables.h"

namespace kirchhoff::report {
namespace {

/// An episode whose chosen policy lost bits before it was tried.
struct Walled {
  std::size_t row = 0;
  double decrements = 0.0;
};

/// The one whose wall the paper prints.
std::string walled_method() {
  for (const agent::SearchMethodType& type : agent::search_method_types()) {
    if (type.published == agent::PublishedAgent::kDdpg) return type.name;
  }
  return "none";
}

std::string run_of(const Csv& episodes, std::size_t row) {
  return fmt::format("{} at th {} with seed {}", episodes.text(row, "method"),
                     episodes.text(row, "th"), episodes.text(row, "seed"));
}

/// The walled episodes of the first run that has any; of the agent whose wall the paper prints, if
/// it has.
std::vector<Walled> first_walled_run(const Csv& episodes) {
  for (const bool any_method : {false, true}) {
    std::vector<Walled> found;
    std::string run;
    for (std::size_t row = 0; row < episodes.size(); ++row) {
      const double decrements = episodes.number(row, "decrements").value_or(0.0);
      if (decrements <= 0.0 || episodes.text(row, "chosen_policy").empty()) continue;
      if (!any_method && episodes.text(row, "method") != walled_method()) continue;
      if (found.empty()) run = run_of(episodes, row);
      if (run_of(episodes, row) == run) found.push_back({row, decrements});
    }
    if (!found.empty()) return found;
  }
  return {};
}

/// The first episode with the median number of decrements (the lower one of two).
std::size_t typical(std::vector<Walled> walled) {
  std::sort(walled.begin(), walled.end(), [](const Walled& a, const Walled& b) {
    return std::tie(a.decrements, a.row) < std::tie(b.decrements, b.row);
  });
  const double median = walled[(walled.size() - 1) / 2].decrements;
  return std::find_if(walled.begin(), walled.end(),
                      [&](const Walled& w) { return w.decrements == median; })
      ->row;
}

}  // namespace

Table wall_table(const std::vector<Study>& studies) {
  Table table{"table7",
              "A policy before and after the wall (Table 7)",
              {"network", "layer", "weight bits chosen", "activation bits chosen",
               "weight bits tried", "activation bits tried"},
              {},
              {}};
  for (const Study& study : studies) {
    const Csv& episodes = study.episodes;
    const std::vector<Walled> walled = first_walled_run(episodes);
    if (walled.empty()) continue;
    const std::size_t row = typical(walled);
    try {
      const quant::Network network = quant::find_network(study.network_given);
      const auto chosen = quant::policy_from_text(episodes.text(row, "chosen_policy"), network);
      const auto tried = quant::policy_from_text(episodes.text(row, "policy"), network);
      for (const quant::LayerId l : network.layers.ids()) {
        table.rows.push_back(
            {study.label, network.layers[l].name, std::to_string(chosen.layers[l].weight),
             std::to_string(chosen.layers[l].activation), std::to_string(tried.layers[l].weight),
             std::to_string(tried.layers[l].activation)});
      }
    } catch (const InputError& error) {
      table.notes.push_back(fmt::format("{}: {}.", study.label, error.what()));
      continue;
    }
    const auto percent = [&](const char* column) {
      const auto ratio = episodes.number(row, column);
      return fixed(ratio ? std::optional<double>(100.0 * *ratio) : std::nullopt, 2).text;
    };
    table.notes.push_back(
        fmt::format("{}: {}, episode {}: {} decrements, cost {} % to {} %. Of its {} episodes with "
                    "decrements it is the first with their median number.",
                    study.label, run_of(episodes, row), episodes.text(row, "episode"),
                    episodes.text(row, "decrements"), percent("chosen_cost_ratio"),
                    percent("cost_ratio"), walled.size()));
  }
  table.notes.emplace_back(
      table.rows.empty() ? fmt::format("No run here takes bits away from what its method chose ({} "
                                       "does).",
                                       walled_method())
                         : "The paper's policy of VGG-13 lost bits 7 times: every free layer once, "
                           "its last one twice.");
  return table;
}

}  // namespace kirchhoff::report
