#pragma once

#include <map>
#include <string>
#include <vector>

#include "report/planned_run.h"

namespace kirchhoff::report {

/// What a comparison is made of, as its compare.json keeps it.
struct CompareRequest {
  /// Everything that all runs have in common, by the option's name: another request into the same
  /// folder must say the same.
  std::map<std::string, std::string> settings;
  /// Every key of the chip's configuration, likewise.
  std::map<std::string, std::string> hardware;
  /// All that were ever asked for, in their order.
  std::vector<PlannedRun> runs;
  /// Thresholds below the reachable floor, with the message that says so.
  std::map<double, std::string> unreachable;

  std::string json() const;
  /// InputError naming the file when it is missing, broken or not such a request.
  static CompareRequest load(const std::string& path);

  /// InputError naming `path` and the key when a run is none that could have been asked for.
  void check(const std::string& path) const;

  /// Adds the runs of an earlier request in the same folder, and what was found out about them.
  /// InputError naming `path`, the key and both values when a setting differs, unless it is one of
  /// a method ("ddpg.noise") that the earlier request has no runs of.
  void merge(const CompareRequest& earlier, const std::string& path);
};

}  // namespace kirchhoff::report
