#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kirchhoff {

/// Which signals and tracks a run records: those that match one of the patterns, or all when there
/// are none.
///
/// A pattern is a glob over the hierarchical name, for example "tile3.pe0.adc?.code"; the leading
/// "chip." that viewers show may be there or not. `*` matches any characters, dots as well. A
/// pattern that names a module ("tile3.pe0") takes everything inside.
class ProbeSelection {
 public:
  explicit ProbeSelection(std::vector<std::string> patterns = {});

  /// Whether `name` ("chip.tile3.pe0.state") is recorded. Every name of the chip is asked for once,
  /// during elaboration.
  bool wants(const std::string& name);
  /// After elaboration. Throws InputError when a pattern has matched nothing, with the nearest name
  /// and what there is to choose from. `hint` is added to the message.
  void check(const std::string& hint = "") const;

 private:
  struct Pattern {
    std::string text;  ///< as the user wrote it
    std::string glob;
    bool matched = false;
  };
  bool any_matches(const std::string& glob) const;
  std::string explain(const std::string& glob) const;
  std::string suggestion(const std::string& scope, const std::string& rest,
                         const std::set<std::string>& children) const;

  std::vector<Pattern> patterns_;
  std::set<std::string> names_;  ///< all that were asked for; kept only when there are patterns
};

/// The name without the leading "chip.".
std::string_view without_chip(std::string_view name);

}  // namespace kirchhoff
