// The part of the Python package that is compiled: kirchhoff._native. Texts, numbers and arrays go
// through it; what users see is made of them in python/kirchhoff.
#include <csignal>
#include <cstdlib>

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "agent/search_methods.h"
#include "base/program_folder.h"
#include "base/progress.h"
#include "base/stop_request.h"
#include "base/version.h"
#include "cosim/evolution_library.h"
#include "cosim/import_library.h"
#include "cosim/resources.h"
#include "python/bindings/parts.h"
#include "quant/data/dataset.h"
#include "quant/network/networks.h"

namespace kirchhoff::python {
namespace {

void stop_on(int signal) {
  struct sigaction action = {};
  action.sa_handler = [](int number) { request_stop(number); };
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}

}  // namespace
}  // namespace kirchhoff::python

PYBIND11_MODULE(_native, module) {
  using namespace kirchhoff;
  module.doc() = "The compiled part of the package kirchhoff.";
  // Lines that are redrawn belong to a terminal that nobody else writes to.
  Progress::silence();
  cosim::read_onnx_by_module();
  cosim::evolve_by_module();
  python::add_errors(module);
  python::add_chip(module);
  python::add_arrays(module);
  python::add_episodes(module);
  python::add_search(module);
  module.attr("version") = full_version();
  module.def("set_program_folder", &set_program_folder, pybind11::arg("folder"));
  module.def("stop_on", &python::stop_on, pybind11::arg("signal"));
  module.def("networks", &quant::network_names);
  module.def("datasets", &quant::dataset_names);
  module.def("methods", &agent::search_methods);
  module.def("presets", [] { return cosim::resource_names("presets", ".ini"); });
}
