#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "report/groups.h"

namespace kirchhoff::report::html {

/// What the runs of a group yield over their episodes, several episodes to a point.
struct Curve {
  struct Point {
    double episode = 0.0;          ///< in the middle of those it stands for
    double mean = 0.0;             ///< over the seeds
    double low = 0.0, high = 0.0;  ///< the least and the largest seed
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
  /// `within_th`: of episodes whose cost is within th only.
  Curve curve(const std::string& column, bool within_th) const;

 private:
  const Csv& csv_;
  std::map<std::string, std::vector<std::size_t>> rows_;  ///< by seed
  std::size_t last_ = 0;
};

}  // namespace kirchhoff::report::html
