#include "sim/explain_rewriting.h"

#include <fmt/format.h>

namespace kirchhoff::sim {

namespace {

/// A sum over the rounds of `of_round`.
template <typename OfRound>
void add_rounds(Explanation& e, const CostReport& report, const OfRound& of_round) {
  int number = 0;
  for (const RoundReport& round : report.rewriting.rounds) {
    const double value = of_round(round);
    e.parts.push_back({fmt::format("round {}, {} to {}", number++, round.first, round.last), value,
                       fmt::format("{} passes, {} cells", round.passes, round.cells)});
    e.result += value;
  }
}

}  // namespace

Quantities rewriting_quantities(const CostReport& report) {
  const RewritingReport& r = report.rewriting;
  if (r.rounds.empty()) return {};
  return {{"rewriting.waiting", r.waiting_ns},
          {"rewriting.cells", static_cast<double>(r.cells)},
          {"rewriting.energy", r.energy_pj},
          {"rewriting.images", r.images}};
}

bool explain_rewriting(Explanation& e, const std::string& what, const CostReport& report,
                       const Constants& constants) {
  if (report.rewriting.rounds.empty()) return false;
  const Constant pulses = constants.resolve("crossbar.write_pulses"),
                 pulse = constants.resolve("crossbar.write_pj");
  if (what == "waiting") {
    e.unit = "ns";
    e.meaning = "the chip at rest, while cells of the next round are written";
    e.formula = "from the end of a round to its successor's, which begins when its cells are there";
    e.constants = {constants.resolve("crossbar.write_ns"), pulses,
                   constants.resolve("tile.write_arrays"), constants.resolve("chip.write_tiles")};
    e.notes = {"simulated: a tile is written from its last window on"};
    add_rounds(e, report, [](const RoundReport& round) { return round.waiting_ns; });
  } else if (what == "cells") {
    e.meaning = "cells written in the run";
    e.formula = "used cells of all tiles, each time that another round had their place before";
    add_rounds(e, report,
               [](const RoundReport& round) { return static_cast<double>(round.cells); });
  } else if (what == "energy") {
    e.unit = "pJ";
    e.meaning = "pulses that write cells; part of the layers' energy";
    e.formula = "cells x pulses per cell x energy of a pulse";
    e.constants = {pulses, pulse};
    add_rounds(e, report, [&](const RoundReport& round) {
      return static_cast<double>(round.cells) * pulses.value * pulse.value;
    });
  } else if (what == "images") {
    const Constant endurance = constants.resolve("crossbar.endurance");
    const double per_image = report.rewriting.pulses_per_image;
    e.meaning = "images after which the cells that are written most often are worn";
    e.formula = "endurance / pulses per image";
    e.constants = {endurance};
    e.counts = {{"pulses per image", per_image, "of the crossbar that most rounds write", {}}};
    e.result = per_image > 0 ? endurance.value / per_image : 0;
  } else {
    return false;
  }
  return true;
}

}  // namespace kirchhoff::sim
