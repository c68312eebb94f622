#pragma once

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace kirchhoff {

/// A trace as comparable steps: for a VCD every declaration and every change with its time and the
/// signal's full name ("187500 ps pe.adc0.code = 101"), for other texts the lines.
inline std::vector<std::string> trace_steps(const std::string& text, bool vcd) {
  std::vector<std::string> steps;
  std::istringstream lines(text);
  std::map<std::string, std::string> names;  // by identifier
  std::vector<std::string> scope;
  std::string time = "0", line;
  bool declared = !vcd;
  while (std::getline(lines, line)) {
    if (!vcd) {
      steps.push_back(line);
      continue;
    }
    std::istringstream words(line);
    std::string word;
    words >> word;
    if (!declared) {
      if (word == "$scope") {
        std::string kind, name;
        words >> kind >> name;
        scope.push_back(name);
      } else if (word == "$upscope") {
        scope.pop_back();
      } else if (word == "$var") {
        std::string type, bits, id, name, full;
        words >> type >> bits >> id >> name;
        for (const std::string& part : scope) full += part + ".";
        names[id] = full + name;
        steps.push_back("declaration of " + full + name + ", " + type + " of " + bits);
      } else if (word == "$enddefinitions") {
        declared = true;
      }
    } else if (word[0] == '#') {
      time = word.substr(1);
    } else if (word[0] != '$') {
      std::string id;
      const bool wide = static_cast<bool>(words >> id);
      steps.push_back(time + " ps " + names[wide ? id : word.substr(1)] + " = " +
                      (wide ? word.substr(1) : word.substr(0, 1)));
    }
  }
  return steps;
}

/// Where two traces part, with what came before: "" when they are equal.
inline std::string trace_difference(const std::string& expected, const std::string& found,
                                    bool vcd) {
  if (expected == found) return "";
  const auto a = trace_steps(expected, vcd), b = trace_steps(found, vcd);
  const auto shorter = std::min(a.size(), b.size());
  const auto at = static_cast<std::size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(shorter), b.begin()).first -
      a.begin());
  std::string text = "first difference at step " + std::to_string(at + 1) + " of " +
                     std::to_string(a.size()) + " expected and " + std::to_string(b.size()) +
                     " found\n";
  for (std::size_t i = at < 3 ? 0 : at - 3; i < at; ++i) text += "            " + a[i] + "\n";
  const auto rest = [&](const char* title, const std::vector<std::string>& steps) {
    for (std::size_t i = at; i < std::min(steps.size(), at + 3); ++i) {
      text += (i == at ? title : "            ") + steps[i] + "\n";
    }
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
  const bool vcd = golden.size() > 4 && golden.compare(golden.size() - 4, 4, ".vcd") == 0;
  const std::string difference = trace_difference(expected.str(), found, vcd);
  if (!difference.empty()) {
    ADD_FAILURE() << golden << ": " << difference
                  << "If the change is intended: KIRCHHOFF_UPDATE_GOLDEN=1 and run the test again.";
  }
}

}  // namespace kirchhoff
