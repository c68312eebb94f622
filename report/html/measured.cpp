#include "report/html/measured.h"

#include <algorithm>
#include <functional>
#include <thread>

#include <fmt/format.h>

#include "base/error.h"
#include "base/job_runner.h"
#include "base/progress.h"
#include "base/stop_request.h"
#include "base/temporary_folder.h"
#include "hw/config/config_loader.h"

namespace kirchhoff::report::html {
namespace {

double weight(const Study& study, const char* key) {
  const auto found = study.hardware.find(key);
  if (found == study.hardware.end()) return 1.0 / 3.0;
  // Refuses what no chip has.
  hw::ConfigLoader loader;
  loader.set_from_flag(key, found->second);
  return std::stod(found->second);
}

Staircase staircase(const Study& study, sim::CostTable table) {
  return {study.network, std::move(table), weight(study, "cost.alpha"), weight(study, "cost.beta"),
          weight(study, "cost.gamma")};
}

}  // namespace

const Group* shown_group(const std::vector<Group>& groups, const Study& study) {
  const Group* shown = nullptr;
  for (const Group& group : groups) {  // by threshold
    if (group.study != &study || group.answers.empty()) continue;
    if (shown != nullptr && group.th > shown->th) break;
    const auto accuracy = [](const Group& one) {
      return one.best().answer("accuracy_pct").value_or(0.0);
    };
    if (shown == nullptr || accuracy(group) > accuracy(*shown)) shown = &group;
  }
  return shown;
}

void measure(PageContents& contents, const std::vector<std::string>& cost_tables) {
  std::vector<sim::CostTable> given;
  for (const std::string& path : cost_tables) given.push_back(sim::CostTable::load(path));
  std::vector<bool> used(given.size());

  const TemporaryFolder folder;
  std::vector<Job> jobs;
  std::vector<std::function<void()>> take;
  std::vector<std::string> what;
  const auto request = [&](const Study& study, std::vector<std::string> words, std::string name,
                           std::function<void()> result) {
    for (std::string& word : hardware_words(study)) words.push_back(std::move(word));
    jobs.push_back({std::move(words), folder.file(fmt::format("{}.log", jobs.size()))});
    what.push_back(std::move(name));
    take.push_back(std::move(result));
  };
  for (const Study& study : contents.studies) {
    const bool simulates = !study.priced_by_table();
    if (const Group* const group = simulates ? shown_group(contents.groups, study) : nullptr) {
      const std::string policy = group->best().answer_text("policy");
      const std::string path = folder.file(fmt::format("{}.json", jobs.size()));
      const std::string name = fmt::format("{} on {}, {} at th {}", study.label, study.dataset,
                                           group->method, group->th);
      std::vector<std::string> words = quantizer_words(study);
      words.insert(words.begin(),
                   {"simulate", "--timing-only", "--windows", "--network=" + study.network_given,
                    "--policy=" + policy, "--json=" + path});
      request(study, std::move(words), "Hardware of " + name,
              [&contents, path, name] { contents.chips.push_back(load_chip_report(path, name)); });
    }
    const auto same = std::find_if(given.begin(), given.end(), [&](const sim::CostTable& table) {
      const auto network = table.header.find("network");
      return network != table.header.end() && network->second == study.network;
    });
    if (same != given.end()) {
      used[static_cast<std::size_t>(same - given.begin())] = true;
      contents.staircases.push_back(staircase(study, *same));
      continue;
    }
    if (!simulates) continue;
    const std::string path = folder.file(fmt::format("{}.csv", jobs.size()));
    request(study, {"cost-table", "--network=" + study.network_given, "--out=" + path},
            "Costs by bits of " + study.label, [&contents, &study, path] {
              contents.staircases.push_back(staircase(study, sim::CostTable::load(path)));
            });
  }
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (used[i]) continue;
    const auto network = given[i].header.find("network");
    contents.staircases.push_back(
        {network == given[i].header.end() ? cost_tables[i] : network->second, std::move(given[i]),
         1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0});
  }
  if (jobs.empty()) return;

  std::vector<int> statuses(jobs.size(), -1);
  std::size_t done = 0;
  {
    Progress line("report", "measurements", jobs.size());
    JobCallbacks callbacks;
    callbacks.finished = [&](std::size_t job, int status) {
      statuses[job] = status;
      ++done;
    };
    callbacks.waiting = [&](const std::vector<std::size_t>&) { line.update(done, ""); };
    LocalProcesses().run(jobs, callbacks);
  }
  if (stop_requested()) throw RunError("stopped before the report was complete");
  for (std::size_t job = 0; job < jobs.size(); ++job) {
    if (statuses[job] == 0) {
      take[job]();
      continue;
    }
    const std::string reason = error_in_log(jobs[job].log);
    contents.troubles.push_back(
        fmt::format("{}: {}.", what[job],
                    reason.empty() ? fmt::format("ended with status {}", statuses[job]) : reason));
  }
}

}  // namespace kirchhoff::report::html
