#include "python/bindings/settings.h"

#include <stdexcept>
#include <utility>

#include <pybind11/stl.h>

namespace kirchhoff::python {

namespace py = pybind11;

EvaluatorOptions evaluator_options(const py::dict& settings) {
  EvaluatorOptions options;
  for (const auto& [name, value] : settings) {
    const auto key = py::cast<std::string>(name);
    if (key == "network") {
      options.network = py::cast<std::string>(value);
    } else if (key == "dataset") {
      options.dataset = py::cast<std::string>(value);
    } else if (key == "data_dir") {
      options.data_dir = py::cast<std::string>(value);
    } else if (key == "weights") {
      options.weights = py::cast<std::string>(value);
    } else if (key == "weight_quantizer") {
      options.weight_quantizer = py::cast<std::string>(value);
    } else if (key == "preset") {
      options.preset = py::cast<std::string>(value);
    } else if (key == "config_file") {
      options.config_file = py::cast<std::string>(value);
    } else if (key == "hardware") {
      options.hardware = py::cast<std::vector<std::pair<std::string, std::string>>>(value);
    } else if (key == "adc_exact") {
      options.adc_exact = py::cast<bool>(value);
    } else if (key == "fidelity") {
      options.fidelity = py::cast<std::string>(value);
    } else if (key == "images") {
      options.images = py::cast<std::size_t>(value);
    } else if (key == "threads") {
      options.threads = py::cast<int>(value);
    } else {
      throw std::logic_error("no such setting of a chip: " + key);
    }
  }
  return options;
}

std::map<std::string, std::string> texts_of(const py::dict& dict) {
  return py::cast<std::map<std::string, std::string>>(dict);
}

}  // namespace kirchhoff::python
