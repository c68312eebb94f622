#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace kirchhoff::agent {

/// Sees every option of a group, in their order. Fields hold the present values and may be changed.
class OptionVisitor {
 public:
  virtual ~OptionVisitor() = default;
  virtual void integer(const char* key, int& field, int min, int max, const char* meaning) = 0;
  virtual void number(const char* key, double& field, double min, double max,
                      const char* meaning) = 0;
  virtual void choice(const char* key, std::string& field, const std::vector<std::string>& allowed,
                      const char* meaning) = 0;
  /// A choice that came after the first runs, which went by `usual`: no file says that value, so
  /// that these runs can be resumed.
  virtual void later_choice(const char* key, std::string& field, const char* /*usual*/,
                            const std::vector<std::string>& allowed, const char* meaning) {
    choice(key, field, allowed, meaning);
  }
  /// A choice that fills in others, and is no setting of a search itself.
  virtual void preset(const char*, std::string&, const std::vector<std::string>&, const char*) {}
};

/// Options that one search method reads, or several: a struct that describes itself. Help texts,
/// flags, config.json, comparisons and range checks derive from visit().
class OptionGroup {
 public:
  virtual ~OptionGroup() = default;
  virtual std::unique_ptr<OptionGroup> clone() const = 0;
  /// Of its keys: "ppo" of "ppo.discount".
  virtual std::string name() const = 0;
  /// Heading in the help; groups may share one.
  virtual std::string section() const = 0;
  virtual void visit(OptionVisitor& visitor) = 0;
  /// InputError naming the key, the value and what is allowed; ranges are checked already.
  virtual void check() const {}
  /// After the command line was read: fills in what is not `given` (by key) by a preset, the one of
  /// the method (SearchMethodType::preset) or one that the options ask for.
  virtual void settle(const std::string& /*preset*/,
                      const std::function<bool(const std::string& key)>& /*given*/) {}

  /// InputError naming the key, the value and what is allowed.
  void validate() const;
  /// Every setting by its key, as config.json has it.
  std::map<std::string, std::string> values() const;
};

/// Gives an option struct its clone().
template <class Options>
class OptionGroupOf : public OptionGroup {
 public:
  std::unique_ptr<OptionGroup> clone() const final {
    return std::make_unique<Options>(static_cast<const Options&>(*this));
  }
};

}  // namespace kirchhoff::agent
