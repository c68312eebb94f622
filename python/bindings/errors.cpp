#include <exception>
#include <utility>

#include "base/error.h"
#include "base/stop_request.h"
#include "python/bindings/parts.h"

namespace kirchhoff::python {

namespace py = pybind11;

namespace {

void raise(const char* type, const char* message) {
  PyErr_SetString(py::module_::import("kirchhoff._errors").attr(type).ptr(), message);
}

}  // namespace

void add_errors(py::module_&) {
  py::register_exception_translator([](std::exception_ptr error) {
    try {
      std::rethrow_exception(std::move(error));
    } catch (const InputError& e) {
      raise("InputError", e.what());
    } catch (const Stopped& e) {
      raise("Stopped", e.what());
    } catch (const RunError& e) {
      raise("RunError", e.what());
    }
  });
}

}  // namespace kirchhoff::python
