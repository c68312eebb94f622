#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cli/report/csv.h"

namespace kirchhoff::cli {

/// Where a run is, or why there is none.
struct RunSource {
  std::string network, dataset, method;
  double th = 0.0;
  std::uint64_t seed = 0;
  std::string folder;  ///< of the search; without a summary.json the run has no result
  std::string status;  ///< of a run without a result: "unreachable", "failed", "unfinished"
  std::string reason;  ///< of the same
};

/// All searches with one network, dataset and chip: what the tables and figures are made from.
struct Study {
  std::string network;        ///< its name, as reports show it
  std::string network_given;  ///< name or path, as --network takes it
  std::string dataset;
  std::map<std::string, std::string> hardware;  ///< every key of the configuration
  Csv runs;                                     ///< a row per run: runs.csv
  Csv episodes;  ///< a row per episode, with method, th and seed in front: episodes.csv
  Csv times;     ///< seconds per finished run, which no run repeats: times.csv

  /// Reads the results of finished runs from their folders; adds to what is there.
  void collect(const std::vector<RunSource>& sources);
};

/// Reads folders of `kirchhoff compare` (from their CSV files) and of `kirchhoff search`; those
/// with the same network, dataset and chip make one study. InputError naming the folder when it is
/// neither, is unfinished, or when a run is there twice.
std::vector<Study> load_studies(const std::vector<std::string>& folders);

}  // namespace kirchhoff::cli
