#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "agent/search_methods.h"
#include "base/error.h"
#include "quant/network/networks.h"
#include "report/published.h"
#include "report/tables.h"

namespace kirchhoff::report {
namespace {

constexpr int kDigits = 4;

Cell threshold(double th) { return fixed(std::optional<double>(th), th == 1.0 ? 0 : 2); }

/// W8A8's own row: the same in every run of a study.
std::vector<Cell> reference_row(const Study& study, const std::vector<Group>& groups) {
  const Group* first = nullptr;
  for (const Group& group : groups) {
    if (group.study == &study && !group.answers.empty()) {
      first = &group;
      break;
    }
  }
  const auto value = [&](const char* column, double scale) {
    std::vector<double> values;
    if (first != nullptr) {
      if (const auto number = first->answers.front().number(column)) {
        values.push_back(*number * scale);
      }
    }
    return mean_of(values);
  };
  return {study.label,
          study.dataset,
          threshold(1.0),
          "W8A8",
          "",
          fixed(value("test_w8a8_pct", 1.0), 2),
          significant(value("w8a8_latency_ns", 1e-6), kDigits),
          significant(value("w8a8_energy_pj", 1e-9), kDigits),
          significant(value("w8a8_power_mw", 1e-3), kDigits),
          fixed(std::optional<double>(100.0), 2)};
}

/// Whether the study asks for what the paper's Table 5 is about: latency, energy and power alike.
bool has_published_cost(const Study& study) {
  const auto weight = [&](const char* key) {
    const auto entry = study.hardware.find(key);
    return entry == study.hardware.end() ? std::string() : entry->second;
  };
  if (study.limit() == agent::Limit::kSize) return false;
  return weight("cost.alpha") == weight("cost.beta") && weight("cost.beta") == weight("cost.gamma");
}

void add_published_costs(Table& table, const Study& study, double th) {
  if (!has_published_cost(study)) return;
  for (const PublishedCosts& row : kPublishedCosts) {
    if (study.network != row.network || study.dataset != row.dataset || th != row.th) continue;
    table.rows.push_back({study.label, row.dataset, threshold(th),
                          fmt::format("paper: {}", row.method), "",
                          fixed(std::optional<double>(row.accuracy_pct), 2),
                          printed(row.latency_ms), printed(row.energy_mj), printed(row.power_w),
                          fixed(std::optional<double>(row.cost_pct), 2)});
  }
}

std::vector<Cell> cost_row(const Group& group) {
  const auto absolute = [&](const char* reference, const char* ratio, double scale) {
    return significant(group.mean([&](const Answer& answer) -> std::optional<double> {
      const auto whole_cost = answer.number(reference), share = answer.answer(ratio);
      if (!whole_cost || !share) return std::nullopt;
      return *whole_cost * *share * scale;
    }),
                       kDigits);
  };
  const Mean cost = group.mean([](const Answer& answer) -> std::optional<double> {
    const auto ratio = answer.answer("cost_ratio");
    return ratio ? std::optional<double>(100.0 * *ratio) : std::nullopt;
  });
  return {group.study->label,
          group.study->dataset,
          threshold(group.th),
          group.method,
          fmt::format("{}/{}", group.answers.size(), group.runs),
          fixed(group.mean("test_answer_pct"), 2),
          absolute("w8a8_latency_ns", "latency_ratio", 1e-6),
          absolute("w8a8_energy_pj", "energy_ratio", 1e-9),
          absolute("w8a8_power_mw", "power_ratio", 1e-3),
          fixed(cost, 2)};
}

/// Why runs of a study have no policy: a line per threshold and reason, with the methods.
std::vector<std::string> status_notes(const Study& study) {
  const Csv& runs = study.runs;
  std::map<std::pair<double, std::string>, std::set<std::string>> methods;
  for (std::size_t row = 0; row < runs.size(); ++row) {
    const std::string status = runs.text(row, "status"), reason = runs.text(row, "reason");
    if (status == "done") continue;
    methods[{runs.number(row, "th").value_or(0.0),
             reason.empty() ? status : status + ": " + reason}]
        .insert(runs.text(row, "method"));
  }
  std::vector<std::string> notes;
  for (const auto& [key, names] : methods) {
    notes.push_back(fmt::format("{}, th {}, {}: {}.", study.label, key.first,
                                fmt::join(names, ", "), key.second));
  }
  return notes;
}

}  // namespace

Table cost_table(const std::vector<Group>& groups) {
  Table table{"table5",
              "Accuracy, latency, energy and power per threshold (Table 5)",
              {"network", "dataset", "th", "method", "runs", "test accuracy %", "latency ms",
               "energy mJ", "power W", "cost %"},
              {},
              {}};
  const Study* study = nullptr;
  double th = 0.0;
  const auto end_threshold = [&] {
    if (study != nullptr && th != 1.0) add_published_costs(table, *study, th);
  };
  for (const Group& group : groups) {
    if (group.study != study || group.th != th) {
      end_threshold();
      if (group.study != study) {
        table.rows.push_back(reference_row(*group.study, groups));
        add_published_costs(table, *group.study, 1.0);
      }
      study = group.study;
      th = group.th;
    }
    table.rows.push_back(cost_row(group));
  }
  end_threshold();
  table.notes.emplace_back(
      "Mean ± standard error over the seeds; runs: with a policy within th, of all. Power is the "
      "rated power of what a policy allocates, as in the paper. Numbers in brackets are those of "
      "the "
      "paper's tables; rows \"paper\": as printed there, of the same network and dataset.");
  study = nullptr;
  for (const Group& group : groups) {
    if (group.study == study) continue;
    study = group.study;
    for (std::string& note : status_notes(*study)) table.notes.push_back(std::move(note));
  }
  return table;
}

Table effort_table(const std::vector<Group>& groups) {
  Table table{
      "table6",
      "What a search takes (Table 6)",
      {"network", "dataset", "th", "method", "episodes", "simulator calls", "accuracy evaluations",
       "whole evaluations", "decrements", "hours at 81 s a call", "the paper's hours"},
      {},
      {}};
  for (const Group& group : groups) {
    if (group.finished.empty()) continue;
    const auto effort = [&](const char* column, double scale = 1.0) {
      return group.mean_of_finished([&](const Answer& run) -> std::optional<double> {
        const auto value = run.number(column);
        return value ? std::optional<double>(*value * scale) : std::nullopt;
      });
    };
    std::optional<double> published;
    switch (agent::search_method_type(group.method).published) {
      case agent::PublishedAgent::kDdpg:
        published = kPublishedHoursDdpg;
        break;
      case agent::PublishedAgent::kPpo:
        published = kPublishedHoursPpo;
        break;
      case agent::PublishedAgent::kNone:
        break;
    }
    table.rows.push_back(
        {group.study->label, group.study->dataset, threshold(group.th), group.method,
         fixed(effort("episodes"), 0), fixed(effort("simulator_calls"), 1),
         fixed(effort("accuracy_evaluations"), 1), fixed(effort("whole_evaluations"), 1),
         fixed(effort("decrements"), 1),
         fixed(effort("simulator_calls", kPublishedCallSeconds / 3600.0), 2), whole(published)});
  }
  table.notes.emplace_back(
      table.rows.empty()
          ? "No search is finished."
          : "Mean ± standard error over the seeds, those that found no policy included. Calls and "
            "evaluations are of different policies. The paper's hours are of 300 episodes with a "
            "simulator that takes 81 s a call.");
  return table;
}

double operations(const Study& study) {
  try {
    double macs = 0.0;
    for (const quant::Layer& layer : quant::find_network(study.network_given).layers) {
      macs += static_cast<double>(layer.macs());
    }
    return 2.0 * macs;
  } catch (const InputError&) {
    return 0.0;
  }
}

Table efficiency_table(const std::vector<BestPolicy>& best,
                       const std::vector<PresetFigures>& presets) {
  Table table{"table8",
              "Operations per energy (Table 8)",
              {"design", "network", "policy", "GOPS/W", "from"},
              {},
              {}};
  const auto searched = [&](const PublishedEfficiency& row) {
    return row.network != nullptr &&
           std::any_of(presets.begin(), presets.end(), [&](const PresetFigures& one) {
             return one.study->network == row.network && one.study->dataset == row.dataset;
           });
  };
  for (const PublishedEfficiency& row : kPublishedEfficiency) {
    if (row.network != nullptr && !searched(row)) continue;
    table.rows.push_back({fmt::format("{} (ADC {})", row.design, row.adc), "", "",
                          fixed(std::optional<double>(row.gops_per_watt), 1), row.from});
  }
  const auto add = [&](const std::string& design, const Study& study, const std::string& policy,
                       std::optional<double> energy_pj, const std::string& error,
                       const char* from = "simulated") {
    const double ops = operations(study);
    std::optional<double> efficiency;
    // Operations per pJ are Tera-operations per joule.
    if (ops > 0.0 && energy_pj && *energy_pj > 0.0) efficiency = 1e3 * ops / *energy_pj;
    table.rows.push_back({design, study.label, policy, fixed(efficiency, 1), from});
    if (!efficiency) {
      table.notes.push_back(fmt::format("{}, {}: {}.", design, study.label,
                                        !error.empty() ? error
                                        : ops > 0.0    ? "no energy"
                                                       : "the network's description is missing"));
    }
  };
  const auto from = [](const Study& study) {
    return study.priced_by_table() ? "cost table" : "simulated";
  };
  for (const PresetFigures& figures : presets) {
    const bool known = figures.simulated.error.empty();
    add(std::string("preset ") + figures.preset, *figures.study, figures.policy,
        known ? std::optional<double>(figures.simulated.energy_pj) : std::nullopt,
        figures.simulated.error);
  }
  const Study* study = nullptr;
  for (const BestPolicy& policy : best) {
    const Answer& answer = policy.group->best();
    const auto reference = answer.number("w8a8_energy_pj"), ratio = answer.answer("energy_ratio");
    if (policy.group->study != study) {
      study = policy.group->study;
      add("ours, W8A8", *study, "W8A8", reference, "", from(*study));
    }
    std::optional<double> energy_pj;
    if (reference && ratio) energy_pj = *reference * *ratio;
    add(fmt::format("ours, {} at th {}", policy.group->method, policy.group->th), *study,
        answer.answer_text("policy"), energy_pj, "", from(*study));
  }
  table.notes.emplace_back(
      "Operations of one inference (a multiplication with its addition counts as two) by its "
      "simulated energy. Those of ISAAC and PipeLayer are peaks of 16-bit operations with all "
      "arrays busy, so the rows do not count alike; an operation of fewer bits counts as one, "
      "too.");
  if (std::any_of(std::begin(kPublishedEfficiency), std::end(kPublishedEfficiency), searched)) {
    table.notes.emplace_back(
        "454.8 GOPS/W at the paper's 2.99 mJ are 0.680 G multiplications, those of VGG-13 with a "
        "padded conv7 (0.683 G); its energy fits the one without (0.626 G).");
  }
  return table;
}

}  // namespace kirchhoff::report
