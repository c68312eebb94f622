#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "quant/network/network.h"
#include "quant/network/policy.h"
#include "sim/report.h"

namespace kirchhoff::sim {

/// What a layer at one pair of bit widths adds to the costs of an inference.
struct CostTableEntry {
  double latency_ns = 0;
  double energy_pj = 0;
  double power_rated_mw = 0;
  /// Energy in its two parts: what happens, and what leaks per time. A table has both for every
  /// entry or for none.
  double event_energy_pj = 0, leakage_mw = 0;
  int line = 0;  ///< of the file that it was read from
};

/// Costs of every layer at every pair of bit widths, of a layer without weights at every width of
/// the map that it reads (weight 0). They add up to the costs of a policy. What an entry of a table
/// that the simulator made is: sim/measured_cost_table.h.
///
/// The file is CSV: lines "# key: value", a line of column names, one line per entry. Columns
/// layer (from 0), w_bits, a_bits, latency_ns, energy_pj, power_rated_mw are required; name,
/// event_energy_pj and leakage_mw are optional, in any order.
class CostTable {
 public:
  std::map<std::string, std::string> header;  ///< "network", "hardware", "version", "command", …
  IndexedVector<quant::LayerId, std::string> names;
  bool split_energy = false;  ///< the entries have event_energy_pj and leakage_mw
  bool latency_only = false;  ///< energy and power are not known: 0 (sim/haq_table.h)

  void set(quant::LayerId layer, const quant::LayerBits& bits, const CostTableEntry& entry);
  /// Null when the table does not have it.
  const CostTableEntry* find(quant::LayerId layer, const quant::LayerBits& bits) const;
  /// Sums over the layers. With the energy in parts it is Σ events + Σ leakage x Σ latency.
  /// InputError naming layer and pair when one is missing.
  CostTotals cost(const quant::Policy& policy) const;
  /// By weight and activation bits.
  using Entries = std::map<std::pair<int, int>, CostTableEntry>;
  const Entries& entries(quant::LayerId layer) const { return layers_.at(layer); }
  /// 8/8, or 0/8 of a layer without weights.
  quant::LayerBits reference_bits(quant::LayerId layer) const;

  /// What is wrong with using the table for `network`, or empty: its name, its layers, and every
  /// pair in [lowest, highest] that a search may ask for (quant::free_bits()), and 8/8 of all.
  std::string mismatch(const quant::Network& network, int lowest, int highest) const;

  /// InputError, beginning with `where` and naming the line that does most of it, when the entries
  /// of some policy sum to less than 0 in a column, or those of W8A8 to nothing: ratios to W8A8
  /// would be negative or infinite. Single entries may be negative. Needs 8/8 of every layer.
  void refuse_negative_totals(const std::string& where) const;

  std::string to_csv() const;
  /// `where` names the text in errors: InputError with line, column, what was found and what is
  /// allowed.
  static CostTable parse(const std::string& csv, const std::string& where);
  static CostTable load(const std::string& path);

 private:
  IndexedVector<quant::LayerId, Entries> layers_;
};

/// How far a table is from the simulator over some policies, one number per cost.
struct TableError {
  double rank_correlation = 1;  ///< Spearman's, of the table's and the simulator's order
  double mean = 0, max = 0;     ///< of |table / simulator - 1|
};
/// InputError when the two lists differ in length or are shorter than two.
TableError table_error(const std::vector<double>& table, const std::vector<double>& simulator);

}  // namespace kirchhoff::sim
