#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "report/groups.h"

namespace kirchhoff::report::html {

/// What the runs of a group yield over their episodes, smoothed, several episodes to a point.
struct Curve {
  struct Point {
    double episode = 0.0;          ///< in the middle of those it stands for
    double mean = 0.0;             ///< over the episodes of all seeds near it
    double low = 0.0, high = 0.0;  ///< the least and the largest mean of a seed
    std::size_t seeds = 0;         ///< that have a value there
  };
  std::vector<Point> points;
};

/// The episodes of a group, sorted by seed and number once, so that many curves can be drawn.
class Episodes {
 public:
  explicit Episodes(const Group& group);
  bool empty() const { return rows_.empty(); }
  std::size_t count() const { return last_; }
  std::size_t seeds() const { return rows_.size(); }
  /// Episodes to a point.
  std::size_t width() const;
  /// Episodes before and after those of a point that it is a mean of as well.
  std::size_t reach() const;
  /// Of what was tried as a policy: probes of single slots do not count. `within_th`: of episodes
  /// whose cost is within th only.
  Curve curve(const std::string& column, bool within_th) const;
  /// The largest value that each seed has had so far, mean over the seeds. It begins where all of
  /// them have one, so that it never falls: empty when one of them never has. What is found stays
  /// found: the curve goes on to episode `until`, which is at least count().
  Curve best_so_far(const std::string& column, std::size_t until) const;
  /// Seeds that have a value at all.
  std::size_t seeds_with(const std::string& column) const;

 private:
  enum class Which { kAll, kNoProbes, kNoProbesWithinTh };
  /// By seed, then by episode.
  std::vector<std::vector<std::optional<double>>> values(const std::string& column,
                                                         Which which) const;

  const Csv& csv_;
  std::map<std::string, std::vector<std::size_t>> rows_;  ///< by seed
  std::size_t last_ = 0;
};

}  // namespace kirchhoff::report::html
