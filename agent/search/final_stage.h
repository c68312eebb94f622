#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "agent/environment.h"
#include "agent/search/checkpoint.h"

namespace kirchhoff::agent {

/// What happens after the search, with every method alike.
struct FinalStageOptions {
  /// So many of the best policies are measured again on the whole split: the best of many noisy
  /// scores flatters itself. 0: no final stage, the search's best is the answer.
  int candidates = 10;
  /// Then single bits are added to the winner while it stays within the threshold and improves, for
  /// at most so many policies measured.
  int slack_policies = 24;
};

/// Whether `one` loses more accuracy than `other` by more than two standard errors. The error of
/// their difference is at most that of two independent ones: images that only one of the two gets
/// right are images that one of them and W8A8 differ on. False where an error is not known.
bool surely_less_accurate(const Score& one, const Score& other);

/// The policy that a search returns, measured on the whole split.
struct FinalChoice {
  quant::Policy policy;
  Cost cost;
  Score score;
  int added_bits = 0;                   ///< by the pass that spends the slack
  double reference_accuracy_pct = 0.0;  ///< of W8A8 on the whole split
};

/// How the stage talks to its caller; each may be empty.
struct FinalStageCallbacks {
  /// Asked before every policy; true ends the stage early.
  std::function<bool()> stop;
  /// At the start and after every policy: `measured` of at most `most`.
  std::function<void(int measured, int most)> progress;
};

/// `top`: different policies within the threshold, best first; not empty. The winner is the best of
/// them by the environment's order that is not surely less accurate than another. Where policies
/// are left for some slots only in a round of single bits, those come first whose bit has taken
/// most divergence away the round before, then the cheapest, then by name: the order of the slots
/// decides nothing. A pure function of `top`:
/// what was measured before an interruption is answered from the environment's memo. Empty when
/// stopped early.
std::optional<FinalChoice> final_stage(Environment& environment,
                                       const std::vector<BestEpisode>& top,
                                       const FinalStageOptions& options,
                                       const FinalStageCallbacks& callbacks);

}  // namespace kirchhoff::agent
