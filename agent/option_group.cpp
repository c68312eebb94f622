#include "agent/option_group.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/quote.h"

namespace kirchhoff::agent {
namespace {

class RangeCheck final : public OptionVisitor {
 public:
  void integer(const char* key, int& field, int min, int max, const char*) override {
    check(key, field, min, max);
  }
  void number(const char* key, double& field, double min, double max, const char*) override {
    check(key, field, min, max);
  }
  void choice(const char* key, std::string& field, const std::vector<std::string>& allowed,
              const char*) override {
    if (std::find(allowed.begin(), allowed.end(), field) != allowed.end()) return;
    throw InputError(
        fmt::format("{} = {}: must be one of {}", key, quote(field), fmt::join(allowed, ", ")));
  }

 private:
  template <class Number>
  static void check(const char* key, Number value, Number min, Number max) {
    if (value >= min && value <= max) return;  // which no NaN is
    throw InputError(fmt::format("{} = {}: must be in [{}, {}]", key, value, min, max));
  }
};

class Values final : public OptionVisitor {
 public:
  void integer(const char* key, int& field, int, int, const char*) override {
    all[key] = fmt::format("{}", field);
  }
  void number(const char* key, double& field, double, double, const char*) override {
    all[key] = fmt::format("{}", field);
  }
  void choice(const char* key, std::string& field, const std::vector<std::string>&,
              const char*) override {
    all[key] = field;
  }
  void later_choice(const char* key, std::string& field, const char* usual,
                    const std::vector<std::string>&, const char*) override {
    if (field != usual) all[key] = field;
  }
  std::map<std::string, std::string> all;
};

}  // namespace

void OptionGroup::validate() const {
  RangeCheck ranges;
  // A copy: visitors may change what they see.
  clone()->visit(ranges);
  check();
}

std::map<std::string, std::string> OptionGroup::values() const {
  Values values;
  clone()->visit(values);
  return values.all;
}

}  // namespace kirchhoff::agent
