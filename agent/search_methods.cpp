#include "agent/search_methods.h"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <tuple>
#include <typeinfo>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "agent/limit.h"
#include "agent/shipped_methods.h"
#include "base/error.h"
#include "base/quote.h"

namespace kirchhoff::agent {
namespace {

std::vector<SearchMethodType>& known() {
  static std::vector<SearchMethodType> types = [] {
    std::vector<SearchMethodType> all = shipped_methods();
    std::sort(all.begin(), all.end(), [](const SearchMethodType& a, const SearchMethodType& b) {
      return std::tie(a.place, a.name) < std::tie(b.place, b.name);
    });
    return all;
  }();
  return types;
}

bool has_setting(const SearchMethodType& type, const std::string& key) {
  const std::string name = key.substr(0, key.find('.'));
  return std::any_of(type.options.begin(), type.options.end(),
                     [&](const auto& group) { return group->name() == name; });
}

/// Options that came later, with the values that runs of before went by.
class LaterOptions final : public OptionVisitor {
 public:
  void integer(const char*, int&, int, int, const char*) override {}
  void number(const char*, double&, double, double, const char*) override {}
  void choice(const char*, std::string&, const std::vector<std::string>&, const char*) override {}
  void later_choice(const char* key, std::string&, const char* usual,
                    const std::vector<std::string>&, const char*) override {
    all[key] = usual;
  }
  std::map<std::string, std::string> all = {{"limit", kUsualLimit},
                                            {"weight-quantizer", "linear"},
                                            {"cell-seeds", ""},
                                            {"cell-score", "mean"}};
};

}  // namespace

MethodOptions::MethodOptions() {
  for (const SearchMethodType& type : known()) {
    for (const auto& group : type.options) {
      const auto same = [&](const auto& other) { return other->name() == group->name(); };
      if (std::none_of(groups_.begin(), groups_.end(), same)) groups_.push_back(group->clone());
    }
  }
}

MethodOptions::MethodOptions(const MethodOptions& other) {
  for (const auto& group : other.groups_) groups_.push_back(group->clone());
}

MethodOptions& MethodOptions::operator=(const MethodOptions& other) {
  MethodOptions copy(other);
  std::swap(groups_, copy.groups_);
  return *this;
}

OptionGroup* MethodOptions::find(const std::function<bool(const OptionGroup&)>& wanted) const {
  for (const auto& group : groups_) {
    if (wanted(*group)) return group.get();
  }
  throw std::logic_error("MethodOptions: no search method has such options");
}

void MethodOptions::validate() const {
  for (const auto& group : groups_) group->validate();
}

const std::vector<SearchMethodType>& search_method_types() { return known(); }

std::vector<std::string> search_methods() {
  std::vector<std::string> names;
  for (const SearchMethodType& type : known()) names.push_back(type.name);
  return names;
}

const SearchMethodType& search_method_type(const std::string& name) {
  for (const SearchMethodType& type : known()) {
    if (type.name == name) return type;
  }
  throw InputError(fmt::format("method = {}: must be one of {}", quote(name),
                               fmt::join(search_methods(), ", ")));
}

std::vector<std::string> recommended_search_methods() {
  std::map<int, std::string> by_rank;
  for (const SearchMethodType& type : known()) {
    if (type.recommended > 0) by_rank.emplace(type.recommended, type.name);
  }
  std::vector<std::string> names;
  for (const auto& [rank, name] : by_rank) names.push_back(name);
  return names;
}

const std::string& default_search_method() { return known().front().name; }

std::size_t search_method_place(const std::string& name) {
  const auto& types = known();
  return static_cast<std::size_t>(
      std::find_if(types.begin(), types.end(),
                   [&](const auto& type) { return type.name == name; }) -
      types.begin());
}

bool is_setting_of_method(const std::string& key) {
  return std::any_of(known().begin(), known().end(),
                     [&](const SearchMethodType& type) { return has_setting(type, key); });
}

bool reads_setting(const std::string& method, const std::string& key) {
  return !is_setting_of_method(key) || has_setting(search_method_type(method), key);
}

bool is_unsaid(const std::string& key, const std::string& value) {
  LaterOptions later;
  for (const SearchMethodType& type : known()) {
    for (const auto& group : type.options) group->clone()->visit(later);
  }
  const auto usual = later.all.find(key);
  return usual != later.all.end() && usual->second == value;
}

void add_search_method(SearchMethodType type) {
  for (const SearchMethodType& other : known()) {
    if (other.name == type.name)
      throw InputError(fmt::format("search method {}: there is one already", quote(type.name)));
    for (const auto& group : type.options) {
      for (const auto& theirs : other.options) {
        const OptionGroup &one = *group, &two = *theirs;
        if (one.name() == two.name() && typeid(one) != typeid(two)) {
          throw InputError(fmt::format("search method {}: options {}.*: {} has others of that name",
                                       quote(type.name), one.name(), other.name));
        }
      }
    }
  }
  const auto at =
      std::upper_bound(known().begin(), known().end(), type, [](const auto& a, const auto& b) {
        return std::tie(a.place, a.name) < std::tie(b.place, b.name);
      });
  known().insert(at, std::move(type));
}

}  // namespace kirchhoff::agent
