#include <fmt/format.h>

#include "report/html/sections.h"
#include "report/verdict.h"

namespace kirchhoff::report::html {
namespace {

/// "W8A8: test accuracy 99.38 %, latency 0.04414 ms, energy 4.226 µJ, rated power 488 mW."
std::string reference_in_words(const std::vector<Group>& groups) {
  for (const Group& group : groups) {
    if (group.answers.empty()) continue;
    const Answer& answer = group.answers.front();
    std::string text;
    const auto add = [&](const char* what, const char* column, double scale, const char* unit) {
      const auto value = answer.number(column);
      if (!value) return;
      text += fmt::format("{}{} {} {}", text.empty() ? "W8A8, against which is counted: " : ", ",
                          what, significant(mean_of({*value * scale}), 4).text, unit);
    };
    add("test accuracy", "test_w8a8_pct", 1.0, "%");
    add("latency", "w8a8_latency_ns", 1e-3, "µs");
    add("energy", "w8a8_energy_pj", 1e-6, "µJ");
    add("rated power", "w8a8_power_mw", 1.0, "mW");
    return text.empty() ? text : text + ".";
  }
  return "";
}

Table chip_table(const PageContents& contents) {
  Table table{"chips",
              "What the simulated policies cost",
              {"report", "network", "policy", "latency µs", "energy µJ", "rated power mW",
               "area mm²", "cost %", "latency saved %", "energy saved %", "power saved %"},
              {},
              {"Saved: against W8A8 on the same chip. Power is the rated power of what the policy "
               "allocates."}};
  const auto shown = [](double value) { return significant(mean_of({value}), 4); };
  for (std::size_t i = 0; i < contents.given_chips; ++i) {
    const ChipReport& chip = contents.chips[i];
    const auto saved = [](double ratio) {
      return fixed(std::optional<double>(100.0 * (1.0 - ratio)), 1);
    };
    table.rows.push_back(
        {chip.name, chip.network, chip.policy, shown(chip.report.latency_ns / 1e3),
         shown(chip.report.energy_pj() / 1e6), shown(chip.report.power_rated_mw()),
         shown(chip.report.area_um2() / 1e6), fixed(std::optional<double>(100.0 * chip.cost), 2),
         saved(chip.latency_ratio), saved(chip.energy_ratio), saved(chip.power_ratio)});
  }
  return table;
}

}  // namespace

void add_verdict(Page& page, const PageContents& contents) {
  page.section("verdict", "Verdict");
  for (const Study& study : contents.studies) {
    const std::vector<Group> groups = groups_of_study(contents, study);
    Table table = verdict_table(groups, contents.tasks);
    table.title = study_name(study) + ": what was found within each threshold";
    const std::string reference = reference_in_words(groups);
    if (!reference.empty()) table.notes.insert(table.notes.begin(), reference);
    page.table(own_table(contents, study, std::move(table)));
  }
  if (contents.given_chips > 0) page.table(chip_table(contents));
}

}  // namespace kirchhoff::report::html
