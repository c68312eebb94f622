#pragma once

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

namespace kirchhoff {

/// A trace as comparable steps in the order of time: changes of a VCD with their time and full name
/// ("187500 ps pe.adc0.code = 101"), lines of a CSV, lines of anything else. What happens at one
/// instant has no order of its own and is sorted.
struct TraceSteps {
  struct Step {
    unsigned long long time = 0;
    std::string text;
    bool operator<(const Step& o) const { return std::tie(time, text) < std::tie(o.time, o.text); }
    bool operator==(const Step& o) const { return text == o.text; }
  };
  std::vector<Step> steps;

  TraceSteps(const std::string& text, const std::string& kind) {
    std::istringstream lines(text);
    if (kind == "vcd") {
      read_vcd(lines);
    } else {
      for (std::string line; std::getline(lines, line);) {
        const bool timed = kind == "csv" && !line.empty() && line[0] >= '0' && line[0] <= '9';
        steps.push_back({timed ? std::stoull(line) : 0, line});
      }
      if (kind == "csv" && !steps.empty()) std::sort(steps.begin() + 1, steps.end());
    }
  }

 private:
  void read_vcd(std::istringstream& lines) {
    std::map<std::string, std::string> names;  // by identifier
    std::vector<std::string> scope;
    unsigned long long time = 0;
    bool declared = false;
    std::size_t changes = 0;
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string word;
      words >> word;
      if (word == "$scope") {
        std::string type, name;
        words >> type >> name;
        scope.push_back(name);
      } else if (word == "$upscope") {
        scope.pop_back();
      } else if (word == "$var") {
        std::string type, bits, id, name, full;
        words >> type >> bits >> id >> name;
        for (const std::string& part : scope) full += part + ".";
        names[id] = full + name;
        steps.push_back({0, "declaration of " + full + name + ", " + type + " of " + bits});
      } else if (word == "$enddefinitions") {
        declared = true;
        changes = steps.size();
      } else if (word[0] == '#') {
        time = std::stoull(word.substr(1));
      } else if (declared && word[0] != '$') {
        std::string id;
        const bool wide = static_cast<bool>(words >> id);
        steps.push_back({time, std::to_string(time) + " ps " + names[wide ? id : word.substr(1)] +
                                   " = " + (wide ? word.substr(1) : word.substr(0, 1))});
      }
    }
    std::sort(steps.begin() + static_cast<std::ptrdiff_t>(changes), steps.end());
  }
};

/// Where two traces part, with what came before: "" when they are equal. `kind`: vcd, csv or json.
inline std::string trace_difference(const std::string& expected, const std::string& found,
                                    const std::string& kind) {
  const auto a = TraceSteps(expected, kind).steps, b = TraceSteps(found, kind).steps;
  if (a == b) return "";
  const auto shorter = std::min(a.size(), b.size());
  const auto at = static_cast<std::size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(shorter), b.begin()).first -
      a.begin());
  std::string text = "first difference at step " + std::to_string(at + 1) + " of " +
                     std::to_string(a.size()) + " expected and " + std::to_string(b.size()) +
                     " found\n";
  for (std::size_t i = at < 3 ? 0 : at - 3; i < at; ++i) text += "            " + a[i].text + "\n";
  const auto rest = [&](const char* title, const std::vector<TraceSteps::Step>& steps) {
    for (std::size_t i = at; i < std::min(steps.size(), at + 3); ++i)
      text += (i == at ? title : "            ") + steps[i].text + "\n";
    if (at >= steps.size()) text += std::string(title) + "the end\n";
  };
  rest("  expected: ", a);
  rest("  found:    ", b);
  return text;
}

/// The file that a test wrote equals the stored one. With KIRCHHOFF_UPDATE_GOLDEN in the
/// environment the stored one is replaced instead.
inline void expect_golden(const std::string& golden, const std::string& found) {
  if (std::getenv("KIRCHHOFF_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(golden, std::ios::binary) << found;
    return;
  }
  std::ifstream file(golden, std::ios::binary);
  ASSERT_TRUE(file) << golden << " is missing; docs/traces.md says how to make it";
  std::ostringstream expected;
  expected << file.rdbuf();
  const std::string difference =
      trace_difference(expected.str(), found, golden.substr(golden.rfind('.') + 1));
  if (!difference.empty()) {
    ADD_FAILURE() << golden << ": " << difference
                  << "If the change is intended: KIRCHHOFF_UPDATE_GOLDEN=1 and run the test again.";
  }
}

}  // namespace kirchhoff
