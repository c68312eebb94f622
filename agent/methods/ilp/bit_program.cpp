#include "agent/methods/ilp/bit_program.h"

#include <algorithm>
#include <memory>

#include <coin/Cbc_C_Interface.h>

#include "base/error.h"

namespace kirchhoff::agent {
namespace {

// The solver's tolerances are absolute, 1e-7 to 1e-5: numbers are scaled until these are nothing.
constexpr double kLargestLoss = 1e4;
constexpr double kCostScale = 1e3;

using Model = std::unique_ptr<Cbc_Model, decltype(&Cbc_deleteModel)>;

void add_row(const Model& model, const std::vector<int>& columns, const std::vector<double>& values,
             char sense, double right) {
  Cbc_addRow(model.get(), "", static_cast<int>(columns.size()), columns.data(), values.data(),
             sense, right);
}

}  // namespace

std::optional<std::vector<std::size_t>> BitProgram::solve(double limit) const {
  const Model model(Cbc_newModel(), Cbc_deleteModel);
  Cbc_setLogLevel(model.get(), 0);
  Cbc_setAllowableGap(model.get(), 0.0);
  Cbc_setAllowableFractionGap(model.get(), 0.0);

  double largest = 0.0;
  for (const auto& layer : layers_) {
    for (const Choice& choice : layer) largest = std::max(largest, choice.loss);
  }
  const double scale = largest > 0.0 ? kLargestLoss / largest : 1.0;
  std::vector<std::vector<int>> columns;  // of every layer
  std::vector<int> all;
  std::vector<double> costs;
  for (const auto& layer : layers_) {
    columns.emplace_back();
    for (const Choice& choice : layer) {
      const int column = Cbc_getNumCols(model.get());
      Cbc_addCol(model.get(), "", 0.0, 1.0, scale * choice.loss, 1, 0, nullptr, nullptr);
      columns.back().push_back(column);
      all.push_back(column);
      costs.push_back(kCostScale * choice.cost);
    }
  }
  for (const auto& layer : columns) {
    add_row(model, layer, std::vector<double>(layer.size(), 1.0), 'E', 1.0);
  }
  add_row(model, all, costs, 'L', kCostScale * limit);
  for (const std::vector<std::size_t>& choices : forbidden_) {
    std::vector<int> row;
    for (std::size_t l = 0; l < columns.size(); ++l) row.push_back(columns[l].at(choices.at(l)));
    const double most = static_cast<double>(row.size()) - 1.0;
    add_row(model, row, std::vector<double>(row.size(), 1.0), 'L', most);
  }

  Cbc_solve(model.get());
  if (Cbc_isProvenInfeasible(model.get())) return std::nullopt;
  const double* const solution = Cbc_getColSolution(model.get());
  if (!Cbc_isProvenOptimal(model.get()) || solution == nullptr) {
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
