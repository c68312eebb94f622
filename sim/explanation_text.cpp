#include "sim/explanation_text.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <fmt/format.h>

namespace kirchhoff::sim {
namespace {

std::string number(double value) {
  return std::abs(value) < 1e15 && value == std::round(value) ? fmt::format("{:.0f}", value)
                                                              : fmt::format("{:.10g}", value);
}

std::string with_unit(double value, const std::string& unit) {
  return unit.empty() ? number(value) : number(value) + " " + unit;
}

std::string value_of(const hw::ConfigEntry& entry) {
  return entry.unit.empty() ? entry.value : entry.value + " " + entry.unit;
}

void print_constant(std::string& out, const Constant& constant) {
  if (!constant.formula.empty()) {
    out += fmt::format("  {} = {}\n      = {}\n", constant.name,
                       with_unit(constant.value, constant.unit), constant.formula);
  }
  for (const hw::ConfigEntry& input : constant.inputs) {
    out += fmt::format("  {}{} = {}   [{}]  {}\n", constant.formula.empty() ? "" : "    ",
                       input.key, value_of(input), input.origin,
                       input.source.empty() ? "no source given" : input.source);
  }
}

}  // namespace

std::string explanation_text(const Explanation& e) {
  std::string out = fmt::format("{} = {}\n", e.quantity, with_unit(e.result, e.unit));
  if (!e.meaning.empty()) out += e.meaning + "\n";
  out += fmt::format("\nformula\n  {}\n", e.formula);
  if (!e.parts.empty()) {
    out += "\nparts\n";
    std::size_t name = 3, value = 0;
    for (const Part& part : e.parts) {
      name = std::max(name, part.name.size());
      value = std::max(value, number(part.value).size());
    }
    for (const Part& part : e.parts) {
      const double share = e.result != 0 ? 100 * part.value / e.result : 0;
      out += fmt::format("  {:<{}}  {:>{}}  {:>6.2f} %{}\n", part.name, name, number(part.value),
                         value, share, part.formula.empty() ? "" : "   " + part.formula);
    }
    out += fmt::format("  {:<{}}  {:>{}}  100.00 %\n", "sum", name, number(e.result), value);
  }
  if (!e.counts.empty()) {
    out += "\ncounts\n";
    std::size_t name = 0, value = 0;
    for (const Count& count : e.counts) {
      name = std::max(name, count.name.size());
      value = std::max(value, number(count.value).size());
    }
    for (const Count& count : e.counts) {
      out += fmt::format("  {:<{}}  {:>{}}  {}{}", count.name, name, number(count.value), value,
                         count.closed_form ? "= " : "", count.how);
      if (count.closed_form && *count.closed_form != count.value)
        out += fmt::format("  DIFFERS: that gives {}", number(*count.closed_form));
      out += "\n";
    }
  }
  if (!e.constants.empty()) {
    out += "\nconstants\n";
    for (const Constant& constant : e.constants) print_constant(out, constant);
  }
  if (!e.checks.empty()) {
    out += "\nanother way\n";
    for (const Check& check : e.checks)
      out += fmt::format("  {} = {}\n", check.name, with_unit(check.value, e.unit));
  }
  for (const std::string& note : e.notes) out += "\n" + note + "\n";
  out += "\nresult\n";
  if (!e.reported) {
    out +=
        fmt::format("  {}; the report does not print this number\n", with_unit(e.result, e.unit));
  } else {
    out += fmt::format("  recomputed {}, in the report {}: {}\n", with_unit(e.result, e.unit),
                       with_unit(*e.reported, e.unit), e.reconciles() ? "equal" : "DIFFERENT");
  }
  return out;
}

nlohmann::ordered_json to_json(const Explanation& e) {
  using Json = nlohmann::ordered_json;
  Json json;
  json["quantity"] = e.quantity;
  json["meaning"] = e.meaning;
  json["unit"] = e.unit;
  json["formula"] = e.formula;
  json["result"] = e.result;
  json["reported"] = e.reported ? Json(*e.reported) : Json(nullptr);
  json["reconciles"] = e.reconciles();
  for (const char* list : {"parts", "counts", "constants", "checks", "notes"})
    json[list] = Json::array();
  for (const Part& part : e.parts) {
    json["parts"].push_back({{"name", part.name},
                             {"value", part.value},
                             {"share_pct", e.result != 0 ? 100 * part.value / e.result : 0},
                             {"formula", part.formula}});
  }
  for (const Count& count : e.counts) {
    json["counts"].push_back(
        {{"name", count.name},
         {"value", count.value},
         {"how", count.how},
         {"closed_form", count.closed_form ? Json(*count.closed_form) : Json(nullptr)}});
  }
  for (const Constant& constant : e.constants) {
    Json keys = Json::array();
    for (const hw::ConfigEntry& input : constant.inputs) {
      keys.push_back({{"key", input.key},
                      {"value", input.value},
                      {"unit", input.unit},
                      {"source", input.source},
                      {"from", input.origin}});
    }
    json["constants"].push_back({{"name", constant.name},
                                 {"value", constant.value},
                                 {"unit", constant.unit},
                                 {"formula", constant.formula},
                                 {"keys", keys}});
  }
  for (const Check& check : e.checks)
    json["checks"].push_back({{"name", check.name}, {"value", check.value}});
  json["notes"] = e.notes;
  return json;
}

}  // namespace kirchhoff::sim
