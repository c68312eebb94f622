#include <charconv>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/json_text.h"
#include "base/printable.h"
#include "base/quote.h"
#include "base/refusal.h"
#include "cli/commands/command.h"
#include "cli/commands/policy_page.h"
#include "cli/options/named_policy.h"
#include "cli/options/options.h"
#include "cli/options/workload_options.h"
#include "quant/network/networks.h"
#include "quant/network/policy_edit.h"
#include "quant/network/policy_formats.h"

namespace kirchhoff::cli {
namespace {

struct PolicyArguments {
  std::vector<std::string> policies, changes;
  std::string network = "lenet5", weights, clamp, format = "table", out, json;
  quant::WeightQuantizer quantizer = quant::WeightQuantizer::kLinear;
};

std::pair<int, int> parse_clamp(const std::string& text) {
  const std::size_t dots = text.find("..");
  const auto parsed = [&](const std::string& item) -> std::optional<int> {
    int value = 0;
    const char* const end = item.data() + item.size();
    const auto [stop, error] = std::from_chars(item.data(), end, value);
    if (error != std::errc{} || stop != end || value < quant::kMinBits || value > quant::kMaxBits)
      return std::nullopt;
    return value;
  };
  if (dots != std::string::npos) {
    const auto low = parsed(text.substr(0, dots)), high = parsed(text.substr(dots + 2));
    if (low && high && *low <= *high) return {*low, *high};
  }
  refuse_option("clamp", text,
                fmt::format("must be two widths in [{}, {}], the lower one first, such as 4..8",
                            quant::kMinBits, quant::kMaxBits));
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// What was not given follows from what was: a file has the form that its name promises, and a
/// form without a file is printed.
void settle_format(Options& options, PolicyArguments& a) {
  if (options.given("out") && !options.given("format"))
    a.format = ends_with(a.out, ".json") ? "json" : ends_with(a.out, ".csv") ? "csv" : "text";
  if (options.given("format") && a.format != "table") options.settle_output("out", "-");
}

std::string in_format(const std::string& format, const ShownPolicy& shown) {
  if (format == "text") return shown.policy.to_string() + "\n";
  if (format == "json") return policy_json(shown.policy, shown.network);
  if (format == "csv") return policy_csv(shown.policy, shown.network);
  if (format == "haq") return policy_haq(shown.policy, shown.network);
  return printable(policy_table(shown));
}

void edit(const PolicyArguments& a, ShownPolicy& shown) {
  if (!a.clamp.empty()) {
    const auto [low, high] = parse_clamp(a.clamp);
    shown.policy = clamped(shown.policy, low, high, shown.network);
  }
  std::vector<quant::WidthChange> changes;
  for (const std::string& text : a.changes)
    changes.push_back(quant::parse_width_change(text, "--set", shown.network));
  shown.policy = with_changes(shown.policy, changes, "--set", shown.network);
  if (!a.clamp.empty() || !changes.empty()) shown.name += ", changed";
}

}  // namespace

int policy_command(const std::vector<std::string>& arguments) {
  PolicyArguments a;
  Options options(
      "policy",
      "Shows a policy, compares two, changes one and writes it in other programs' forms. "
      "A POLICY is what --policy takes: W6A4, a list 8/8,6/4,… (weight/activation per "
      "layer), `model`, or a file: JSON, CSV (layer,weight,activation), HAQ's list.");
  options.example("kirchhoff policy W6A4 --set C3=W8A5 --format csv");
  options.words(a.policies, "POLICY");
  declare_network(options, a.network);
  declare_weights_of_policy(options, a.weights);
  declare_weight_quantizer(options, a.quantizer);
  options.section("Change (of two policies, the second)");
  options.texts("set", a.changes, "LAYER=BITS",
                "C3=W4A5, or C3=W4 or C3=A5 alone; may be repeated. Activation bits are those of "
                "all layers that read the map");
  options.text("clamp", a.clamp, "LOW..HIGH", "all widths into a range, before --set");
  options.section("Output");
  options.choice("format", a.format, {"table", "text", "json", "csv", "haq"},
                 "form of --out, or of what is printed; of --out by its name's end (.json, .csv, "
                 "else text) unless given");
  options.output("out", a.out, "the policy, for --policy and other programs");
  options.json_output(a.json, "the table");
  if (!options.parse(arguments)) return 0;
  if (a.policies.size() > 2) {
    throw InputError(
        fmt::format("policy: {}: one policy, or two to compare", quote(a.policies[2])));
  }
  const bool two = a.policies.size() == 2;
  if (two && (options.given("format") || options.given("out"))) {
    const char* const option = options.given("format") ? "format" : "out";
    refuse_option(option, options.given("format") ? a.format : a.out, "is of one policy");
  }
  settle_format(options, a);

  const quant::Network network = quant::find_network(a.network);
  std::vector<ShownPolicy> shown;
  for (const std::string& text : a.policies) {
    shown.push_back(
        {text, network, read_named_policy(text, network, a.network, a.weights), a.quantizer});
  }
  edit(a, shown.back());
  if (!a.json.empty()) {
    write_file_atomically(a.json, json_text(two ? policies_table_json(shown[0], shown[1])
                                                : policy_table_json(shown[0])));
  }
  if (!a.out.empty()) write_file_atomically(a.out, in_format(a.format, shown[0]));
  const std::string page = two ? policies_table(shown[0], shown[1]) : policy_table(shown[0]);
  std::fputs(printable(page).c_str(), stdout);
  return 0;
}

}  // namespace kirchhoff::cli
