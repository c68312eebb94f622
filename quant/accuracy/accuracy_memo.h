#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/line_memo.h"

namespace kirchhoff::quant {

/// A policy beside a reference on the same images.
struct Comparison {
  std::size_t images = 0;
  std::size_t correct = 0;  ///< of the policy
  std::size_t gained = 0;   ///< right where the reference is wrong
  std::size_t lost = 0;     ///< wrong where the reference is right
  /// Sum over the images of the Kullback-Leibler divergence of the class probabilities from the
  /// reference's, in nats: a smoother measure of the same damage.
  double divergence_sum = 0.0;

  double pct() const;
  /// Mean over the images, in nats.
  double divergence() const;
  /// What the policy loses against the reference, in percentage points.
  double loss_points() const;
  /// Standard error of that difference, from the images on which the two differ: in pairs they tell
  /// far more than two accuracies.
  double error_points() const;
  Comparison& operator+=(const Comparison& other);
};

/// Comparisons that were made before, kept across runs and processes.
class AccuracyMemo {
 public:
  /// `path` may be empty: nothing outlives this object. `fingerprint`: one word, of network,
  /// weights, clips, images and their order.
  AccuracyMemo(std::string path, std::string fingerprint);

  /// The first `images` under `policy` (Policy::to_string()).
  std::optional<Comparison> find(const std::string& policy, std::size_t images) const;
  void store(const std::string& policy, const Comparison& comparison);
  /// What another memo holds: one of its values_of(). std::logic_error when it is none.
  void learn(const std::string& values);
  /// All that is known of a policy, for learn().
  std::vector<std::string> values_of(const std::string& policy) const;
  std::size_t size() const { return entries_.size(); }

  /// As long as it lives, what is stored stays out of the file: somebody else is going to learn it,
  /// and files what he learns.
  class Unfiled {
   public:
    explicit Unfiled(AccuracyMemo& memo) : memo_(memo) { memo_.files_ = false; }
    ~Unfiled() { memo_.files_ = true; }
    Unfiled(const Unfiled&) = delete;
    Unfiled& operator=(const Unfiled&) = delete;

   private:
    AccuracyMemo& memo_;
  };

 private:
  /// Policy and images.
  using Key = std::pair<std::string, std::size_t>;
  struct Entry {
    Comparison value;
    bool filed = false;
  };
  bool take(const std::string& values);

  std::map<Key, Entry> entries_;
  bool files_ = true;
  LineMemo file_;
};

}  // namespace kirchhoff::quant
