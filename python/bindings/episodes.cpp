// What a search method sees of a network, for agents that are written in Python.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include "agent/environment.h"
#include "agent/limit.h"
#include "agent/policy_space.h"
#include "base/error.h"
#include "python/bindings/arrays.h"
#include "python/bindings/parts.h"
#include "quant/network/networks.h"

namespace kirchhoff::python {

namespace py = pybind11;

namespace {

agent::Actions actions_of(const std::vector<int>& taken, std::size_t most) {
  if (taken.size() > most)
    throw InputError(fmt::format("actions: {} of them, at most {}", taken.size(), most));
  agent::Actions actions;
  for (const int action : taken) {
    if (action < 0 || action >= agent::kActions) {
      throw InputError(fmt::format("action {}: must be in [0, {}]", action, agent::kActions - 1));
    }
    actions.push_back(action);
  }
  return actions;
}

std::vector<std::pair<std::string, std::string>> slots(const agent::PolicySpace& space) {
  std::vector<std::pair<std::string, std::string>> all;
  for (const agent::Slot& slot : space.slots()) {
    all.emplace_back(space.network().layers[slot.layer].name,
                     slot.activation ? "activation" : "weight");
  }
  return all;
}

py::array_t<double> state(const agent::PolicySpace& space, const std::vector<int>& taken) {
  std::vector<double> state = space.state(actions_of(taken, space.slots().size() - 1));
  const auto size = static_cast<py::ssize_t>(state.size());
  return array_of(std::move(state), {size});
}

std::string policy(const agent::PolicySpace& space, const std::vector<int>& taken) {
  if (taken.size() != space.slots().size()) {
    throw InputError(
        fmt::format("actions: {} of them, must be {}", taken.size(), space.slots().size()));
  }
  return space.policy(actions_of(taken, taken.size())).to_string();
}

double reward(double cost_ratio, std::optional<double> accuracy_pct, double reference_pct,
              double th, double scale, double max_loss_points, double cost_slope) {
  agent::RewardOptions options;
  options.threshold = th;
  options.scale = scale;
  options.max_loss_points = max_loss_points;
  options.cost_slope = cost_slope;
  options.validate();
  return agent::reward(cost_ratio, accuracy_pct, reference_pct, options);
}

}  // namespace

void add_episodes(py::module_& module) {
  py::class_<agent::PolicySpace>(module, "PolicySpace")
      .def(py::init([](const std::string& network, const std::string& limit) {
             return agent::PolicySpace(quant::find_network(network),
                                       agent::widths_under(agent::limit_of(limit)));
           }),
           py::arg("network"), py::arg("limit"))
      .def("slots", &slots)
      .def("state", &state, py::arg("taken"))
      .def("policy", &policy, py::arg("actions"));
  module.attr("state_size") = agent::kStateSize;
  module.attr("actions") = agent::kActions;
  module.attr("min_bits") = quant::kMinBits;
  module.def("reward", &reward, py::arg("cost_ratio"), py::arg("accuracy_pct"),
             py::arg("reference_pct"), py::kw_only(), py::arg("th"), py::arg("scale"),
             py::arg("max_loss_points"), py::arg("cost_slope"));
}

}  // namespace kirchhoff::python
