#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include "base/error.h"
#include "base/json_text.h"
#include "cosim/evaluator.h"
#include "cosim/evaluator_json.h"
#include "python/bindings/arrays.h"
#include "python/bindings/long_call.h"
#include "python/bindings/parts.h"
#include "python/bindings/settings.h"
#include "sim/explanation_text.h"

namespace kirchhoff::python {

namespace py = pybind11;

namespace {

using nlohmann::ordered_json;

Split split_of(const std::string& name) {
  if (name == "validation") return Split::kValidation;
  if (name == "test") return Split::kTest;
  throw InputError("split = " + name + ": must be validation or test");
}

std::string network_text(const Evaluator& chip) {
  ordered_json json = cosim::network_json(chip.network());
  json["dataset"] = chip.dataset();
  json["policy_layers"] = ordered_json::array();
  for (const quant::LayerId l : chip.network().weight_layers())
    json["policy_layers"].push_back(chip.network().layers[l].name);
  return json_line(json);
}

std::string cost(Evaluator& chip, const std::string& text) {
  return long_call([&] {
    const quant::Policy policy = chip.policy(text);
    const PolicyCost cost = chip.cost(policy);
    ordered_json json = cosim::cost_json(cost, policy);
    json["policy"] = policy.to_string();
    json["layers"] = cosim::layers_json(cost);
    return json_line(json);
  });
}

std::string accuracy(Evaluator& chip, const std::string& policy, const std::string& split) {
  const Split of = split_of(split);
  return long_call(
      [&] { return json_line(cosim::accuracy_json(chip.accuracy(chip.policy(policy), of), of)); });
}

/// `images`: count x channels x rows x columns.
py::dict simulate(Evaluator& chip, const std::string& policy,
                  const py::array_t<std::uint8_t, py::array::c_style>& images, bool stream) {
  const quant::Shape& shape = chip.network().image;
  if (images.ndim() != 4 || images.shape(1) != shape.channels || images.shape(2) != shape.height ||
      images.shape(3) != shape.width)
    throw InputError("images: must be count x " + shape.to_string());
  const std::uint8_t* const pixels = images.data();
  const auto count = static_cast<std::size_t>(images.shape(0));
  SimulatedImages result =
      long_call([&] { return chip.simulate(chip.policy(policy), pixels, count, stream); });
  const auto rows = static_cast<py::ssize_t>(result.images);
  const auto columns = static_cast<py::ssize_t>(result.outputs);
  py::dict dict;
  dict["logits"] = array_of(std::move(result.logits), {rows, columns});
  dict["predictions"] = array_of(std::move(result.predictions), {rows});
  dict["logit_scale"] = result.logit_scale;
  dict["compared"] = result.compared;
  dict["clipped_conversions"] = result.clipped_conversions;
  dict["latency_ns"] = result.latency_ns;
  dict["duration_ns"] = result.duration_ns;
  dict["energy_pj"] = result.energy_pj;
  return dict;
}

/// As JSON, and as the program prints it.
std::pair<std::string, std::string> explain(Evaluator& chip, const std::string& policy,
                                            const std::string& quantity) {
  return long_call([&] {
    const sim::Explanation explanation = chip.explain(chip.policy(policy), quantity);
    return std::make_pair(json_line(sim::to_json(explanation)), sim::explanation_text(explanation));
  });
}

std::vector<std::string> quantities(Evaluator& chip, const std::string& policy) {
  return long_call([&] { return chip.quantities(chip.policy(policy)); });
}

}  // namespace

void add_chip(py::module_& module) {
  py::class_<Evaluator>(module, "Chip")
      .def(py::init([](const py::dict& settings) {
             return std::make_unique<Evaluator>(evaluator_options(settings));
           }),
           py::arg("settings"))
      .def("network", &network_text)
      .def("policy",
           [](Evaluator& chip, const std::string& text) { return chip.policy(text).to_string(); })
      .def("cost", &cost, py::arg("policy"))
      .def("accuracy", &accuracy, py::arg("policy"), py::arg("split"))
      .def("simulate", &simulate, py::arg("policy"), py::arg("images").noconvert(),
           py::arg("stream"))
      .def("explain", &explain, py::arg("policy"), py::arg("quantity"))
      .def("quantities", &quantities, py::arg("policy"));
  module.def("has_chip", &Evaluator::has_chip);
}

}  // namespace kirchhoff::python
