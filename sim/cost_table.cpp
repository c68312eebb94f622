#include "sim/cost_table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include <fmt/format.h>

#include "base/csv_cell.h"
#include "base/error.h"
#include "base/file_text.h"
#include "base/nearest.h"
#include "base/quote.h"
#include "quant/network/free_bits.h"

namespace kirchhoff::sim {

namespace {

constexpr char kTitle[] = "kirchhoff cost table";
constexpr int kFormat = 1;

enum Column { kLayer, kWeight, kActivation, kLatency, kEnergy, kPower, kName, kEvents, kLeakage };
const std::vector<std::string> kColumns = {"layer",      "w_bits",          "a_bits",
                                           "latency_ns", "energy_pj",       "power_rated_mw",
                                           "name",       "event_energy_pj", "leakage_mw"};
constexpr std::size_t kRequired = 6;
constexpr std::size_t kLongestName = 64;  // as a network's layers
// A thousand years in ns are 3e19; sums and products of such numbers stay far from infinity.
constexpr double kLargest = 1e20, kSmallest = 1e-20;

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// A field in double quotes may hold commas; a quote inside is written twice. Empty when a quote is
// not closed.
std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += line[++i];
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (line[i] == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += line[i];
    }
  }
  if (quoted) return {};
  for (std::string& field : fields) field = csv_text(trimmed(field));
  return fields;
}

std::string shown(const std::string& text) { return text.empty() ? "(nothing)" : quote(text); }

/// Reads the lines of a table.
class Reader {
 public:
  Reader(const std::string& csv, std::string where) : lines_(csv), where_(std::move(where)) {}

  CostTable read() {
    for (std::string line; std::getline(lines_, line);) {
      ++number_;
      if (number_ == 1 && line.compare(0, 3, "\xef\xbb\xbf") == 0) line.erase(0, 3);
      line = trimmed(line);
      if (line.empty()) continue;
      if (line.front() == '#') {
        comment(trimmed(line.substr(1)));
      } else if (columns_.empty()) {
        columns(line);
      } else {
        row(line);
      }
    }
    if (columns_.empty())
      throw InputError(fmt::format("{}: no line of column names; required are {}", where_,
                                   fmt::join(kColumns.begin(), kColumns.begin() + kRequired, ",")));
    if (table_.names.empty()) throw InputError(fmt::format("{}: no entries", where_));
    for (const quant::LayerId l : table_.names.ids()) {
      if (!seen_[l])
        throw InputError(fmt::format("{}: layer {} is missing, {} is there", where_, index(l),
                                     index(table_.names.last_id())));
    }
    table_.split_energy = has(kEvents) && has(kLeakage);
    return std::move(table_);
  }

 private:
  [[noreturn]] void refuse(const std::string& column, const std::string& found,
                           const std::string& rule) const {
    throw InputError(
        fmt::format("{}:{}: {} = {}: {}", where_, number_, column, shown(found), rule));
  }

  bool has(Column column) const { return position_[column] >= 0; }

  void comment(const std::string& text) {
    if (text.compare(0, sizeof kTitle - 1, kTitle) == 0) {
      const std::string format = trimmed(text.substr(sizeof kTitle - 1));
      if (format != std::to_string(kFormat))
        refuse("format", format, fmt::format("must be {}", kFormat));
      return;
    }
    const std::size_t colon = text.find(": ");
    if (colon == std::string::npos || text.find(' ') < colon) return;
    const std::string key = text.substr(0, colon), value = trimmed(text.substr(colon + 1));
    const auto [known, added] = table_.header.try_emplace(key, value);
    if (!added && known->second != value && (key == "network" || key == "hardware"))
      refuse(key, value, fmt::format("given twice, before as {}", known->second));
  }

  void columns(const std::string& line) {
    columns_ = fields_of(line);
    if (columns_.empty())
      throw InputError(fmt::format("{}:{}: a double quote is not closed", where_, number_));
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const auto known = std::find(kColumns.begin(), kColumns.end(), columns_[i]);
      if (known == kColumns.end()) {
        const std::string near = nearest(columns_[i], kColumns);
        refuse(fmt::format("column {}", i + 1), columns_[i],
               near.empty() ? fmt::format("must be one of {}", fmt::join(kColumns, ", "))
                            : "unknown (did you mean " + near + "?)");
      }
      int& position = position_[known - kColumns.begin()];
      if (position >= 0) refuse(fmt::format("column {}", i + 1), columns_[i], "given twice");
      position = static_cast<int>(i);
    }
    for (std::size_t c = 0; c < kRequired; ++c) {
      if (position_[c] < 0)
        throw InputError(fmt::format(
            "{}:{}: column {} is missing; required are {}", where_, number_, kColumns[c],
            fmt::join(kColumns.begin(), kColumns.begin() + kRequired, ",")));
    }
    if (has(kEvents) != has(kLeakage))
      throw InputError(
          fmt::format("{}:{}: event_energy_pj and leakage_mw: give both or none", where_, number_));
  }

  const std::string& field(Column column) const {
    return fields_[static_cast<std::size_t>(position_[column])];
  }

  int integer(Column column, int low, int high) const {
    const std::string& text = field(column);
    int value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || stop != text.data() + text.size() || value < low || value > high)
      refuse(kColumns[column], text, fmt::format("must be an integer in [{}, {}]", low, high));
    return value;
  }

  double number(Column column) const {
    const std::string& text = field(column);
    double value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || stop != text.data() + text.size() || !std::isfinite(value))
      refuse(kColumns[column], text, "must be a number");
    if (std::abs(value) > kLargest)
      refuse(kColumns[column], text, fmt::format("must be in [-{}, {}]", kLargest, kLargest));
    return value;
  }

  void row(const std::string& line) {
    fields_ = fields_of(line);
    if (fields_.empty())
      throw InputError(fmt::format("{}:{}: a double quote is not closed", where_, number_));
    if (fields_.size() != columns_.size())
      throw InputError(fmt::format("{}:{}: {} fields: the line of column names has {}", where_,
                                   number_, fields_.size(), columns_.size()));
    const quant::LayerId layer{integer(kLayer, 0, 9999)};
    const quant::LayerBits bits{integer(kWeight, 0, 16), integer(kActivation, 1, 16)};
    CostTableEntry entry;
    entry.line = number_;
    entry.latency_ns = number(kLatency);
    entry.energy_pj = number(kEnergy);
    entry.power_rated_mw = number(kPower);
    if (has(kEvents)) entry.event_energy_pj = number(kEvents);
    if (has(kLeakage)) entry.leakage_mw = number(kLeakage);
    if (table_.find(layer, bits) != nullptr)
      refuse("layer,w_bits,a_bits",
             fmt::format("{},{},{}", index(layer), bits.weight, bits.activation), "given twice");
    table_.set(layer, bits, entry);
    seen_.resize(table_.names.size(), false);
    if (has(kName)) {
      if (seen_[layer] && table_.names[layer] != field(kName))
        refuse("name", field(kName),
               fmt::format("layer {} is {}", index(layer), quote(table_.names[layer])));
      if (field(kName).size() > kLongestName)
        refuse("name", field(kName), fmt::format("must have at most {} bytes", kLongestName));
      table_.names[layer] = field(kName);
    }
    seen_[layer] = true;
  }

  std::istringstream lines_;
  const std::string where_;
  CostTable table_;
  int number_ = 0;
  std::vector<std::string> columns_, fields_;
  int position_[9] = {-1, -1, -1, -1, -1, -1, -1, -1, -1};
  IndexedVector<quant::LayerId, bool> seen_;
};

std::vector<double> ranks_of(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t j = i;
    while (j < order.size() && values[order[j]] == values[order[i]]) ++j;
    // Equal values share the mean of their ranks.
    for (std::size_t k = i; k < j; ++k) ranks[order[k]] = 0.5 * static_cast<double>(i + j - 1);
    i = j;
  }
  return ranks;
}

}  // namespace

void CostTable::set(quant::LayerId layer, const quant::LayerBits& bits,
                    const CostTableEntry& entry) {
  if (!layers_.has(layer)) layers_.resize(index(layer) + 1);
  while (!names.has(layer)) names.push_back(fmt::format("{}", names.size()));
  layers_[layer][{bits.weight, bits.activation}] = entry;
}

const CostTableEntry* CostTable::find(quant::LayerId layer, const quant::LayerBits& bits) const {
  if (!layers_.has(layer)) return nullptr;
  const auto found = layers_[layer].find({bits.weight, bits.activation});
  return found == layers_[layer].end() ? nullptr : &found->second;
}

quant::LayerBits CostTable::reference_bits(quant::LayerId layer) const {
  constexpr quant::LayerBits kWeightless{0, 8};
  return find(layer, kWeightless) != nullptr ? kWeightless : quant::LayerBits{8, 8};
}

CostTotals CostTable::cost(const quant::Policy& policy) const {
  if (policy.layers.size() != layers_.size())
    throw InputError(fmt::format("policy has {} layers, the cost table has {}",
                                 policy.layers.size(), layers_.size()));
  CostTableEntry sum;
  for (const quant::LayerId l : layers_.ids()) {
    const CostTableEntry* entry = find(l, policy.layers[l]);
    if (entry == nullptr)
      throw InputError(fmt::format("the cost table has no entry for layer {} ({}) at W{}A{}",
                                   index(l), names[l], policy.layers[l].weight,
                                   policy.layers[l].activation));
    sum.latency_ns += entry->latency_ns;
    sum.energy_pj += entry->energy_pj;
    sum.power_rated_mw += entry->power_rated_mw;
    sum.event_energy_pj += entry->event_energy_pj;
    sum.leakage_mw += entry->leakage_mw;
  }
  return {sum.latency_ns,
          split_energy ? sum.event_energy_pj + sum.leakage_mw * sum.latency_ns : sum.energy_pj,
          sum.power_rated_mw};
}

std::string CostTable::mismatch(const quant::Network& network, int lowest, int highest) const {
  const auto named = header.find("network");
  if (named != header.end() && named->second != network.name)
    return fmt::format("network = {}: must be {}", quote(named->second), network.name);
  if (layers_.size() != network.layers.size())
    return fmt::format("{} layers: network {} has {}", layers_.size(), network.name,
                       network.layers.size());
  const auto free = quant::free_bits(network);
  for (const quant::LayerId l : layers_.ids()) {
    const std::string& name = network.layers[l].name;
    if (names[l] != fmt::format("{}", index(l)) && names[l] != name)
      return fmt::format("layer {}: name = {}: must be {}", index(l), quote(names[l]), name);
    const bool weights = network.layers[l].has_weights();
    const int fixed = weights ? 8 : 0;
    if (find(l, {fixed, 8}) == nullptr)
      return fmt::format("layer {} ({}): w_bits,a_bits = {},8 is missing{}", index(l), name, fixed,
                         weights ? "" : "; a layer without weights has 0 of them");
    for (int w = free[l].weight ? lowest : fixed; w <= (free[l].weight ? highest : fixed); ++w) {
      for (int a = free[l].activation ? lowest : 8; a <= (free[l].activation ? highest : 8); ++a) {
        if (find(l, {w, a}) == nullptr)
          return fmt::format(
              "layer {} ({}): w_bits,a_bits = {},{} is missing; needed are all pairs in [{}, {}]",
              index(l), name, w, a, lowest, highest);
      }
    }
  }
  return "";
}

void CostTable::refuse_negative_totals(const std::string& where) const {
  struct Summed {
    const char* column;
    double CostTableEntry::*value;
    bool used;
  };
  const Summed columns[] = {
      {"latency_ns", &CostTableEntry::latency_ns, true},
      {"energy_pj", &CostTableEntry::energy_pj, !split_energy && !latency_only},
      {"power_rated_mw", &CostTableEntry::power_rated_mw, !latency_only},
      {"event_energy_pj", &CostTableEntry::event_energy_pj, split_energy},
      {"leakage_mw", &CostTableEntry::leakage_mw, split_energy},
  };
  for (const Summed& column : columns) {
    if (!column.used) continue;
    double least = 0;
    const CostTableEntry* lowest = nullptr;
    for (const auto& layer : layers_) {
      const auto cheapest =
          std::min_element(layer.begin(), layer.end(), [&](const auto& a, const auto& b) {
            return a.second.*column.value < b.second.*column.value;
          });
      least += cheapest->second.*column.value;
      if (lowest == nullptr || cheapest->second.*column.value < lowest->*column.value)
        lowest = &cheapest->second;
    }
    if (least >= 0) continue;
    throw InputError(
        fmt::format("{}:{}: {} = {}: the least entries of all layers sum to {}: must be at least 0",
                    where, lowest->line, column.column, lowest->*column.value, least));
  }
  quant::Policy reference;
  for (const quant::LayerId l : layers_.ids()) reference.layers.push_back(reference_bits(l));
  const CostTotals totals = cost(reference);
  struct Total {
    const char* column;
    double sum;
    bool used;
  };
  const Total sums[] = {{"latency_ns", totals.latency_ns, true},
                        {"energy_pj", totals.energy_pj, !latency_only},
                        {"power_rated_mw", totals.power_rated_mw, !latency_only}};
  for (const auto& [column, sum, used] : sums) {
    if (!used || sum >= kSmallest) continue;
    throw InputError(fmt::format("{}: {}: 8/8 of all layers sums to {}: must be at least {}", where,
                                 column, sum, kSmallest));
  }
}

std::string CostTable::to_csv() const {
  std::string csv = fmt::format("# {} {}\n", kTitle, kFormat);
  for (const char* key : {"network", "hardware", "reference", "version", "command"}) {
    const auto found = header.find(key);
    if (found != header.end()) csv += fmt::format("# {}: {}\n", key, found->second);
  }
  for (const auto& [key, value] : header) {
    if (key != "network" && key != "hardware" && key != "reference" && key != "version" &&
        key != "command")
      csv += fmt::format("# {}: {}\n", key, value);
  }
  csv += "layer,name,w_bits,a_bits,latency_ns,energy_pj,power_rated_mw";
  csv += split_energy ? ",event_energy_pj,leakage_mw\n" : "\n";
  for (const quant::LayerId l : layers_.ids()) {
    for (const auto& [bits, e] : layers_[l]) {
      csv += fmt::format("{},{},{},{},{},{},{}", index(l), csv_cell(names[l]), bits.first,
                         bits.second, e.latency_ns, e.energy_pj, e.power_rated_mw);
      csv += split_energy ? fmt::format(",{},{}\n", e.event_energy_pj, e.leakage_mw) : "\n";
    }
  }
  return csv;
}

CostTable CostTable::parse(const std::string& csv, const std::string& where) {
  return Reader(csv, where).read();
}

CostTable CostTable::load(const std::string& path) { return parse(file_text(path), path); }

TableError table_error(const std::vector<double>& table, const std::vector<double>& simulator) {
  if (table.size() != simulator.size() || table.size() < 2)
    throw InputError("the error of a cost table needs two policies or more");
  TableError error;
  const auto n = static_cast<double>(table.size());
  for (std::size_t i = 0; i < table.size(); ++i) {
    const double relative = std::abs(table[i] / simulator[i] - 1);
    error.mean += relative / n;
    error.max = std::max(error.max, relative);
  }
  const std::vector<double> a = ranks_of(table), b = ranks_of(simulator);
  const double middle = 0.5 * (n - 1);
  double product = 0, square_a = 0, square_b = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    product += (a[i] - middle) * (b[i] - middle);
    square_a += (a[i] - middle) * (a[i] - middle);
    square_b += (b[i] - middle) * (b[i] - middle);
  }
  error.rank_correlation =
      square_a > 0 && square_b > 0 ? product / std::sqrt(square_a * square_b) : 1;
  return error;
}

}  // namespace kirchhoff::sim
