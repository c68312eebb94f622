#include "sim/report.h"

namespace kirchhoff::sim {

int LayerReport::windows_at_once() const {
  int most = 0;
  for (const TileReport& tile : tile_reports) most = std::max(most, windows_of(tile));
  return most;
}

double LayerReport::energy_pj() const {
  double sum = 0;
  for (const auto& [component, energy_of_component] : components_pj()) sum += energy_of_component;
  return sum;
}

std::map<std::string, double> LayerReport::components_pj() const {
  std::map<std::string, double> sums;
  for (const EnergyEntry& entry : energy) sums[entry.component] += entry.energy_pj();
  return sums;
}

double LayerReport::power_rated_mw() const {
  double sum = 0;
  for (const InstanceEntry& entry : instances) sum += entry.power_mw();
  return sum;
}

double LayerReport::area_um2() const {
  double sum = 0;
  for (const InstanceEntry& entry : instances) sum += entry.area_um2();
  return sum;
}

double UnusedReport::energy_pj() const {
  double sum = 0;
  for (const EnergyEntry& entry : energy) sum += entry.energy_pj();
  return sum;
}

double UnusedReport::power_rated_mw() const {
  double sum = 0;
  for (const InstanceEntry& entry : instances) sum += entry.power_mw();
  return sum;
}

double CostReport::energy_pj() const {
  double sum = unused.energy_pj();
  for (const LayerReport& layer : layers) sum += layer.energy_pj();
  return sum;
}

double CostReport::power_rated_mw() const {
  double sum = unused.power_rated_mw();
  for (const LayerReport& layer : layers) sum += layer.power_rated_mw();
  return sum - rewriting.shared_power_mw;
}

double CostReport::area_um2() const {
  double sum = 0;
  for (const LayerReport& layer : layers) sum += layer.area_um2();
  return sum - rewriting.shared_area_um2;
}

int CostReport::crossbars() const {
  int sum = 0;
  for (const LayerReport& layer : layers) sum += layer.crossbars;
  return sum;
}

int CostReport::pes() const {
  int sum = 0;
  for (const LayerReport& layer : layers) sum += layer.pes;
  return sum;
}

int CostReport::tiles() const {
  int sum = 0;
  for (const LayerReport& layer : layers) sum += layer.tiles;
  return sum;
}

}  // namespace kirchhoff::sim
