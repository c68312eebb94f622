#pragma once

#include <map>
#include <string>
#include <vector>

#include "report/csv.h"

namespace kirchhoff::report {

/// What a sweep varies of the chip: a key of the configuration, several that move together, or the
/// preset.
struct SweepAxis {
  std::string name;               ///< "adc.bits", "crossbar.size", "preset"
  std::vector<std::string> keys;  ///< of the configuration; none for the preset
  std::string base;               ///< value of points that do not vary it
};

/// A network under a policy on a chip.
struct SweepPoint {
  std::string network;                        ///< name or path, as --network takes it
  std::string policy;                         ///< as --policy takes it
  std::map<std::string, std::string> values;  ///< by axis
  std::string accuracy;  ///< name of its measurement; points may share one; empty: none

  /// "lenet5-0123456789abcdef": its folder and its log. Follows from all but `accuracy`.
  std::string name() const;
};

/// What a sweep is made of, as its sweep.json keeps it.
struct SweepRequest {
  /// Everything that all points have in common, by the option's name, and every key of the chip
  /// that is varied from: another request into the same folder must say the same.
  std::map<std::string, std::string> settings, hardware;
  std::vector<SweepAxis> axes;
  std::vector<SweepPoint> points;  ///< all that were ever asked for, in that order
  /// Points that no chip or mapping exists for, with the message that says so.
  std::map<std::string, std::string> refused;

  std::string json() const;
  /// InputError naming the file when it is missing, broken or not such a request.
  static SweepRequest load(const std::string& path);
  /// Puts axes and points of an earlier request in the same folder in front. InputError naming
  /// `path`, the key and both values when a setting differs.
  void merge(const SweepRequest& earlier, const std::string& path);
};

/// Where a folder of a sweep has what.
std::string sweep_request_file(const std::string& folder);
std::string sweep_report_file(const std::string& folder, const SweepPoint& point);
std::string sweep_accuracy_file(const std::string& folder, const std::string& accuracy);

/// A sweep with its results.
struct Sweep {
  std::string folder;
  SweepRequest request;
  /// A row per point, in the order of the request: points.csv. `status` is "done", "refused",
  /// "failed" or "unfinished"; of one that is done, what an image costs: `interval_ns` of streams
  /// only, `accuracy_pct` where it was asked for. `front` is 1 where no other point of the network
  /// is at least as good in all of the objectives and better in one.
  Csv points;

  /// The numbers as JSON, cells that are none left out.
  std::string json() const;
  bool has_accuracy() const;
  /// Rows of a network, in order; its name as in the column `network`.
  std::vector<std::string> networks() const;
};

/// What points are compared by: a column of points.csv, less is better unless `more` says so.
struct SweepObjective {
  std::string column, title;  ///< the title with its unit
  double scale = 1.0;         ///< from the column's unit
  bool more = false;
};
/// Time of an image, energy of an image, area, and accuracy where it was measured.
std::vector<SweepObjective> sweep_objectives(const Sweep& sweep);

/// Reads what the points of a request have come to. `failed`: of those without a result, with the
/// reason.
Sweep collect_sweep(const std::string& folder, const SweepRequest& request,
                    const std::map<std::string, std::string>& failed);
/// A folder of `kirchhoff sweep`, from its sweep.json and points.csv.
Sweep load_sweep(const std::string& folder);
bool is_sweep(const std::string& folder);

/// Rows that no other row beats; all of one network's that are done.
std::vector<std::size_t> sweep_front(const Csv& points, const std::vector<std::size_t>& rows,
                                     const std::vector<SweepObjective>& objectives);
/// Rows of a network that are done.
std::vector<std::size_t> sweep_rows(const Sweep& sweep, const std::string& network);

}  // namespace kirchhoff::report
