#pragma once

#include <map>
#include <memory>
#include <string>

#include <pybind11/pybind11.h>

#include "cosim/evaluator.h"
#include "cosim/search_settings.h"

namespace kirchhoff::python {

/// Settings as kirchhoff/_chip.py and kirchhoff/_search.py hand them over: a dict whose keys are
/// the names of the members. A key that is unknown is a mistake of that file: std::logic_error.
EvaluatorOptions evaluator_options(const pybind11::dict& settings);

/// Texts by key of a dict of texts.
std::map<std::string, std::string> texts_of(const pybind11::dict& dict);

}  // namespace kirchhoff::python
