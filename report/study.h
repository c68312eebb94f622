#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "agent/limit.h"
#include "report/csv.h"

namespace kirchhoff::report {

/// Where a run is, or why there is none.
struct RunSource {
  std::string network, dataset, method;
  double th = 0.0;
  std::uint64_t seed = 0;
  std::string folder;  ///< of the search; without a summary.json the run has no result
  std::string status;  ///< of a run without a result: "unreachable", "failed", "unfinished"
  std::string reason;  ///< of the same
};

/// All searches with one network, dataset, chip and settings: what the tables and figures are made
/// from.
struct Study {
  std::string network;  ///< its name
  /// The name in tables: the network's and, where an earlier study has the same network and
  /// dataset, what differs from that one: "vgg13 (cost.beta 1)".
  std::string label;
  std::string network_given;  ///< name or path, as --network takes it
  std::string dataset;
  std::map<std::string, std::string> hardware;  ///< every key of the configuration
  /// What else the runs were made with, as `kirchhoff compare` calls it. Settings of a method that
  /// a single search has are "METHOD/KEY": another method may read the same key.
  std::map<std::string, std::string> settings;
  Csv runs;      ///< a row per run: runs.csv
  Csv episodes;  ///< a row per episode, with method, th and seed in front: episodes.csv
  Csv times;     ///< seconds per finished run, which no run repeats: times.csv

  /// What th bounds.
  agent::Limit limit() const;
  /// Costs were looked up in a table: simulating `hardware` would tell of another chip.
  bool priced_by_table() const;

  /// Reads the results of finished runs from their folders; adds to what is there.
  void collect(const std::vector<RunSource>& sources);
};

struct CompareRequest;
/// What the runs of a comparison have come to by now, from their own folders. `failed`: why runs
/// without a result have none, by PlannedRun::name().
Study collect_comparison(const std::string& folder, const CompareRequest& request,
                         const std::map<std::string, std::string>& failed);

/// Reads folders of `kirchhoff compare` (from their CSV files, unless runs were finished since
/// these were written) and of `kirchhoff search`; those
/// with the same network, dataset, chip and settings make one study. InputError naming the folder
/// when it is neither, is unfinished, or when a run is there twice.
std::vector<Study> load_studies(const std::vector<std::string>& folders);

}  // namespace kirchhoff::report
