#pragma once

#include <pybind11/pybind11.h>

namespace kirchhoff::python {

/// What the module consists of, one source each.
void add_errors(pybind11::module_& module);
void add_chip(pybind11::module_& module);
void add_arrays(pybind11::module_& module);
void add_episodes(pybind11::module_& module);
void add_search(pybind11::module_& module);

}  // namespace kirchhoff::python
