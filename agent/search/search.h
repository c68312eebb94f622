#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/environment.h"
#include "agent/limit.h"
#include "agent/search/final_stage.h"
#include "agent/search/run_folder.h"
#include "agent/search/summary.h"
#include "agent/search_method.h"
#include "agent/search_methods.h"

namespace kirchhoff::agent {

/// The longest search.
inline constexpr int kMaxEpisodes = 10000000;

/// What policies can be ranked by, as `score` calls it; in the order of RankBy.
const std::vector<std::string>& score_names();
/// The name of what a method ranks by unless it is told otherwise.
const std::string& usual_score(const std::string& method);

struct SearchOptions {
  std::string method = default_search_method();  ///< one of search_methods()
  int episodes = 300;
  std::uint64_t seed = 1;
  /// More of the budget; 0 = no limit. The search ends between two episodes, when the first part of
  /// its budget is used up.
  std::int64_t accuracy_evaluations = 0, simulator_calls = 0;
  std::string limit = kUsualLimit;  ///< what the threshold bounds, one of limit_names()
  RewardOptions reward;
  std::string score;  ///< that policies are ranked by, of score_names(); empty: the method's own
  FinalStageOptions final;
  MethodOptions methods;  ///< what methods are told, theirs and others'

  RankBy rank_by() const;
  Widths widths() const { return widths_under(limit_of(limit)); }
  /// Throws InputError naming the key, the value and what is allowed.
  void validate() const;
  /// The settings that matter to the chosen method, as they stand in config.json.
  RunConfig config() const;
};

/// Keeps a reference to the environment.
std::unique_ptr<SearchMethod> make_search_method(const SearchOptions& options,
                                                 Environment& environment);

struct SearchProgress {
  std::int64_t episode = 0;  ///< finished ones, those before a resume included
  std::int64_t episodes = 0;
  double reward = 0.0;                ///< of the last one
  const Outcome* last = nullptr;      ///< of this session; null before its first episode
  const BestEpisode* best = nullptr;  ///< null until an episode was within the threshold
};

/// How a search talks to its caller; each may be empty.
struct SearchCallbacks {
  /// Once at the start, then after every episode.
  std::function<void(const SearchProgress&)> progress;
  /// Asked before every episode.
  std::function<bool()> stop;
  /// A finished run is about to go on to more episodes: what was made of its answer is no longer
  /// right.
  std::function<void()> extends;
  /// During the final stage, at its start and after every policy: `measured` of at most `most`.
  std::function<void(int measured, int most)> final_stage;
  /// Once, at the end, for the policy that the search returns and for the best of its episodes.
  std::function<TestAccuracy(const quant::Policy& answer, const quant::Policy& best)> test;
};

/// Seconds of all sessions of a run so far.
struct SearchTiming {
  double wall_s = 0.0;
  double method_s = 0.0;
  double simulator_s = 0.0;
  double accuracy_s = 0.0;
};

/// One search in its run folder. It may be killed at any moment and resumed: the resumed run ends
/// with the same episodes.csv, updates.csv, best_policy.json and summary.json, byte for byte, as a
/// run that was never stopped.
class Search {
 public:
  /// `whole` scores on the whole split, for the final stage. `settings` are the caller's own
  /// (network, data, chip); the options' are added to them. Keeps references to the models.
  /// InputError when an option or the folder does not suit.
  Search(const quant::Network& network, CostModel& costs, AccuracyModel& accuracies,
         AccuracyModel& whole, const SearchOptions& options, const std::string& folder,
         const RunConfig& settings, bool resume);
  ~Search();

  /// Runs until all episodes are done; a run that was finished before only gives its summary again,
  /// or with more episodes than it had goes on to the same bytes as if it had been asked for them
  /// at once.
  /// Empty when `stop` ended it early. InputError when the threshold is below the reachable floor,
  /// or when a file of the run to resume is broken.
  std::optional<Summary> run(const SearchCallbacks& callbacks);

  const SearchTiming& timing() const { return timing_; }

 private:
  /// Whether the run goes on to more episodes than it was started with.
  bool extended() const { return folder_.grown_from().has_value(); }
  void refuse_unreachable_threshold();
  void start(const SearchCallbacks& callbacks);
  /// Takes the run back to the end of its episodes, so that more of them can follow.
  void extend(const SearchCallbacks& callbacks);
  /// Has what the method proposes next measured side by side, where there is a model for that.
  void look_ahead(const Proposal& first);
  /// False when the method has nothing left to try.
  bool episode();
  /// Writes the checkpoint, unless the last one is so recent that little would be lost.
  void store_sometimes();
  void store();
  void report_progress(const SearchCallbacks& callbacks);
  bool budget_left() const;
  void rank(const Outcome& outcome);
  const BestEpisode* best() const { return state_.top.empty() ? nullptr : &state_.top.front(); }
  std::optional<Summary> finish(const SearchCallbacks& callbacks);
  void write_timing();

  const SearchOptions options_;
  RunFolder folder_;
  Environment environment_;
  const std::unique_ptr<SearchMethod> method_;
  CsvLog episode_log_, update_log_;
  Checkpoint state_;
  std::size_t ahead_ = 0;  ///< episodes to come that look_ahead() has seen
  SearchTiming timing_;
  std::optional<Outcome> last_;
  double earlier_wall_s_ = 0.0;
  std::int64_t session_start_ns_ = 0;
  std::int64_t stored_ns_ = 0;
  std::int64_t stored_best_ = 0;  ///< episode of the policy in best_policy.json
};

}  // namespace kirchhoff::agent
