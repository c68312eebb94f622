#include "agent/methods/ilp/bit_program.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include <coin/Cbc_C_Interface.h>

#include "base/error.h"

namespace kirchhoff::agent {
namespace {

// The solver's tolerances are absolute, 1e-7 to 1e-5: numbers are scaled until these are nothing.
constexpr double kLargestLoss = 1e4;
constexpr double kCostScale = 1e3;

void add_row(Cbc_Model* model, const std::vector<int>& columns, const std::vector<double>& values,
             char sense, double right) {
  Cbc_addRow(model, "", static_cast<int>(columns.size()), columns.data(), values.data(), sense,
             right);
}

/// Columns of a layer's choices.
struct Columns {
  const BitProgram::Layer& layer;
  const std::vector<int>& of_choice;
};

/// Two layers choose one width of the map that both read.
void add_one_width(Cbc_Model* model, const Columns& one, const Columns& other) {
  std::map<int, std::pair<std::vector<int>, std::vector<double>>> rows;  // by width
  const auto add = [&](const Columns& columns, double sign) {
    for (std::size_t c = 0; c < columns.of_choice.size(); ++c) {
      auto& [its_columns, signs] = rows[columns.layer.choices[c].map_bits];
      its_columns.push_back(columns.of_choice[c]);
      signs.push_back(sign);
    }
  };
  add(one, 1.0);
  add(other, -1.0);
  for (const auto& [width, row] : rows) add_row(model, row.first, row.second, 'E', 0.0);
}

}  // namespace

std::optional<std::vector<std::size_t>> BitProgram::solve(double limit) const {
  const std::unique_ptr<Cbc_Model, decltype(&Cbc_deleteModel)> owner(Cbc_newModel(),
                                                                     Cbc_deleteModel);
  Cbc_Model* const model = owner.get();
  Cbc_setLogLevel(model, 0);
  Cbc_setAllowableGap(model, 0.0);
  Cbc_setAllowableFractionGap(model, 0.0);

  double largest = 0.0;
  for (const Layer& layer : layers_) {
    for (const Choice& choice : layer.choices) largest = std::max(largest, choice.loss);
  }
  const double scale = largest > 0.0 ? kLargestLoss / largest : 1.0;
  std::vector<std::vector<int>> columns;  // of every layer
  std::vector<int> all;
  std::vector<double> costs;
  for (const Layer& layer : layers_) {
    columns.emplace_back();
    for (const Choice& choice : layer.choices) {
      const int column = Cbc_getNumCols(model);
      Cbc_addCol(model, "", 0.0, 1.0, scale * choice.loss, 1, 0, nullptr, nullptr);
      columns.back().push_back(column);
      all.push_back(column);
      costs.push_back(kCostScale * choice.cost);
    }
  }
  for (const auto& layer : columns) {
    add_row(model, layer, std::vector<double>(layer.size(), 1.0), 'E', 1.0);
  }
  for (std::size_t l = 1; l < layers_.size(); ++l) {
    if (!layers_[l].shares) continue;
    add_one_width(model, {layers_[l - 1], columns[l - 1]}, {layers_[l], columns[l]});
  }
  add_row(model, all, costs, 'L', kCostScale * limit);
  for (const std::vector<std::size_t>& choices : forbidden_) {
    std::vector<int> row;
    for (std::size_t l = 0; l < columns.size(); ++l) row.push_back(columns[l].at(choices.at(l)));
    const double most = static_cast<double>(row.size()) - 1.0;
    add_row(model, row, std::vector<double>(row.size(), 1.0), 'L', most);
  }

  Cbc_solve(model);
  if (Cbc_isProvenInfeasible(model)) return std::nullopt;
  const double* const solution = Cbc_getColSolution(model);
  if (!Cbc_isProvenOptimal(model) || solution == nullptr) {
    throw RunError("the integer program of the bit widths was not solved");
  }
  std::vector<std::size_t> choices;
  for (const auto& layer : columns) {
    const auto chosen = std::find_if(layer.begin(), layer.end(),
                                     [&](int column) { return solution[column] > 0.5; });
    if (chosen == layer.end()) throw RunError("the solver chose no bit widths for a layer");
    choices.push_back(static_cast<std::size_t>(chosen - layer.begin()));
  }
  return choices;
}

}  // namespace kirchhoff::agent
