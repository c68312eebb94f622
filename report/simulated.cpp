#include "report/simulated.h"

#include <algorithm>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/job_runner.h"
#include "base/json_input.h"
#include "base/progress.h"
#include "base/stop_request.h"
#include "base/temporary_folder.h"

namespace kirchhoff::report {
namespace {

SimulatedPolicy read(const std::string& path) {
  SimulatedPolicy policy;
  const auto json = read_stored_json(path);
  json.at("energy_pj").get_to(policy.energy_pj);
  for (const auto& layer : json.at("layers")) {
    policy.layers.push_back({layer.at("name"), layer.at("w"), layer.at("a"), layer.at("latency_ns"),
                             layer.at("energy_pj"), layer.at("power_rated_mw")});
  }
  return policy;
}

}  // namespace

std::vector<std::string> hardware_words(const Study& study) {
  std::vector<std::string> words;
  for (const auto& [key, value] : study.hardware) words.push_back("--" + key + "=" + value);
  return words;
}

std::vector<std::string> quantizer_words(const Study& study) {
  const auto setting = study.settings.find("weight-quantizer");
  if (setting == study.settings.end()) return {};
  return {"--weight-quantizer=" + setting->second};
}

std::vector<SimulatedPolicy> simulate_policies(const std::vector<SimulationRequest>& requests) {
  std::vector<SimulatedPolicy> results(requests.size());
  if (requests.empty()) return results;
  const TemporaryFolder folder;
  std::vector<Job> jobs;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    Job job{{"simulate", "--timing-only", "--network=" + requests[i].network,
             "--policy=" + requests[i].policy, "--json=" + folder.file(fmt::format("{}.json", i))},
            folder.file(fmt::format("{}.log", i))};
    job.arguments.insert(job.arguments.end(), requests[i].hardware.begin(),
                         requests[i].hardware.end());
    jobs.push_back(std::move(job));
  }
  std::size_t done = 0;
  Progress line("report", "simulations", jobs.size());
  JobCallbacks callbacks;
  callbacks.finished = [&](std::size_t job, int status) {
    ++done;
    if (status == 0) {
      results[job] = read(folder.file(fmt::format("{}.json", job)));
    } else {
      results[job].error = error_in_log(jobs[job].log);
      if (results[job].error.empty()) results[job].error = fmt::format("status {}", status);
    }
  };
  callbacks.waiting = [&](const std::vector<std::size_t>&) { line.update(done, ""); };
  LocalProcesses().run(jobs, callbacks);
  line.update(done, "");
  if (stop_requested()) throw RunError("stopped before the report was complete");
  return results;
}

}  // namespace kirchhoff::report
