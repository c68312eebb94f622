#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/environment.h"
#include "agent/option_group.h"
#include "agent/search_method.h"

namespace kirchhoff::agent {

/// The option groups of all methods that are known, with one value each. Copies are deep.
class MethodOptions {
 public:
  MethodOptions();
  MethodOptions(const MethodOptions& other);
  MethodOptions& operator=(const MethodOptions& other);
  MethodOptions(MethodOptions&&) = default;
  MethodOptions& operator=(MethodOptions&&) = default;
  ~MethodOptions() = default;

  /// The group of that type; std::logic_error when no method has it.
  template <class Options>
  Options& of() {
    return dynamic_cast<Options&>(*find(
        [](const OptionGroup& group) { return dynamic_cast<const Options*>(&group) != nullptr; }));
  }
  template <class Options>
  const Options& of() const {
    return const_cast<MethodOptions*>(this)->of<Options>();
  }

  const std::vector<std::unique_ptr<OptionGroup>>& groups() const { return groups_; }
  /// Of every group. Throws InputError.
  void validate() const;

 private:
  OptionGroup* find(const std::function<bool(const OptionGroup&)>& wanted) const;
  std::vector<std::unique_ptr<OptionGroup>> groups_;
};

/// What is told to the maker of a method.
struct MethodSetup {
  Environment& environment;
  const MethodOptions& options;
  std::uint64_t seed;
  int most_measured;  ///< episodes that can end with a new accuracy
};

/// The agents whose results the paper prints.
enum class PublishedAgent { kNone, kPpo, kDdpg };

/// What a method takes for granted of a task: that what slots lose alone adds up to what a policy
/// loses, and that what layers save alone adds up, too. Both make it a knapsack
/// (agent/diagnosis/task_kind.h).
enum class Supposes { kNothing, kSummedLosses, kSummedLossesAndCosts };

/// A search method, as the program offers it. It is the only place that names the method.
struct SearchMethodType {
  std::string name;     ///< as in --method
  std::string summary;  ///< what it does, in a line
  /// Where it stands among the others in lists, tables and plots: by this number, then by name.
  int place = 1000;
  bool chance = true;                                       ///< false: one seed stands for all
  std::vector<std::shared_ptr<const OptionGroup>> options;  ///< that it reads, with defaults
  std::string preset;                                       ///< of these options; see settle()
  std::function<std::unique_ptr<SearchMethod>(const MethodSetup& setup)> make;
  /// What the method settles by the number of episodes that can end with a new accuracy, in words:
  /// a search can be extended to more of them when that stays the same. Empty: nothing.
  std::function<std::string(const PolicySpace& space, int most_measured)> plan = nullptr;
  RankBy rank_by = RankBy::kAccuracy;  ///< what a search by it ranks policies by, unless told
  Supposes supposes = Supposes::kNothing;
  PublishedAgent published = PublishedAgent::kNone;
  /// Loses least accuracy where thresholds are tight, with few accuracies (docs/results.md), and
  /// the help says so: 1 for the method that takes the least work, then 2; 0 for all others.
  int recommended = 0;
};

/// All that are known, in their order.
const std::vector<SearchMethodType>& search_method_types();
/// Their names.
std::vector<std::string> search_methods();
/// One of them; InputError "method = NAME: must be one of …".
const SearchMethodType& search_method_type(const std::string& name);
/// The first in order: the paper's.
const std::string& default_search_method();
/// Place of a method among search_methods(); behind them all when it is none of them.
std::size_t search_method_place(const std::string& name);
/// "ddpg.noise" belongs to methods; "reward.scale" and "budget" belong to all.
bool is_setting_of_method(const std::string& key);
/// Whether `method` reads the setting `key` ("ddpg.noise"). Settings of no method belong to all.
bool reads_setting(const std::string& method, const std::string& key);

/// Whether `value` of an option that came later is the one that runs of before went by.
bool is_unsaid(const std::string& key, const std::string& value);

/// Names of the recommended ones, the one that takes the least work first.
std::vector<std::string> recommended_search_methods();

/// Makes one more known, before the first search is set up. InputError when the name or an option
/// group of another type is there already.
void add_search_method(SearchMethodType type);

}  // namespace kirchhoff::agent
