#include <string>
#include <utility>

#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include "base/error.h"
#include "cosim/workload.h"
#include "python/bindings/arrays.h"
#include "python/bindings/long_call.h"
#include "python/bindings/parts.h"
#include "quant/data/dataset.h"
#include "quant/network/networks.h"

namespace kirchhoff::python {

namespace py = pybind11;

namespace {

quant::Dataset dataset_of(const std::string& name, const std::string& split,
                          const quant::Network& network, const std::string& data_dir) {
  const quant::Part part = split == "test" ? quant::Part::kTest : quant::Part::kTrain;
  quant::Dataset all = quant::load_dataset(name, part, network, data_dir);
  if (split == "test") return all;
  const quant::Split parts = quant::split_training_set(all);
  return all.subset(split == "train" ? parts.train : parts.validation);
}

py::dict load_dataset(const std::string& name, const std::string& split,
                      const std::string& network_name, const std::string& data_dir) {
  if (split != "train" && split != "validation" && split != "test")
    throw InputError("split = " + split + ": must be train, validation or test");
  auto [dataset, used] = long_call([&] {
    const quant::Network network = quant::find_network(network_name);
    const std::string which = name.empty() ? quant::default_dataset(network) : name;
    return std::make_pair(dataset_of(which, split, network, data_dir), which);
  });
  const quant::Shape shape = dataset.shape;
  const auto count = static_cast<py::ssize_t>(dataset.size());
  py::dict dict;
  dict["name"] = used;
  dict["title"] = dataset.title();
  dict["files"] = dataset.files;
  dict["images"] =
      array_of(std::move(dataset.pixels), {count, shape.channels, shape.height, shape.width});
  dict["labels"] = array_of(std::move(dataset.labels), {count});
  return dict;
}

/// Weights and biases of every layer that has some, by its name.
py::dict layers_of(quant::Model model) {
  py::dict layers;
  for (const quant::LayerId l : model.network.weight_layers()) {
    const quant::Layer& layer = model.network.layers[l];
    quant::FloatLayer& learnt = model.layers[l];
    const py::ssize_t kernel = layer.kernel_height * layer.kernel_width;
    const auto outputs = static_cast<py::ssize_t>(layer.out_channels);
    const auto inputs = static_cast<py::ssize_t>(learnt.weights.size()) / (outputs * kernel);
    py::array weights = array_of(std::move(learnt.weights),
                                 {outputs, inputs, layer.kernel_height, layer.kernel_width});
    layers[py::str(layer.name)] =
        py::make_tuple(std::move(weights), array_of(std::move(learnt.bias), {outputs}));
  }
  return layers;
}

py::dict load_model(const std::string& network_name, const std::string& dataset,
                    const std::string& weights) {
  cosim::TrainedModel trained = long_call([&] {
    cosim::WorkloadOptions options;
    options.network = network_name;
    options.dataset =
        dataset.empty() ? quant::default_dataset(quant::find_network(network_name)) : dataset;
    options.weights = weights;
    return cosim::load_trained_model(options);
  });
  py::dict dict;
  dict["network"] = trained.model.network.name;
  dict["dataset"] = trained.model.dataset;
  dict["path"] = trained.path;
  dict["provenance"] = trained.model.provenance;
  dict["layers"] = layers_of(std::move(trained.model));
  return dict;
}

}  // namespace

void add_arrays(py::module_& module) {
  module.def("load_dataset", &load_dataset, py::arg("name"), py::arg("split"), py::arg("network"),
             py::arg("data_dir"));
  module.def("load_model", &load_model, py::arg("network"), py::arg("dataset"), py::arg("weights"));
}

}  // namespace kirchhoff::python
