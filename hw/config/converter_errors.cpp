#include "hw/config/converter_errors.h"

#include "hw/config/changed_keys.h"

namespace kirchhoff::hw {

std::string ConverterErrors::text() const {
  if (ideal()) return "";
  const ConverterErrors usual;
  ChangedKeys changed;
  visit_converter_errors(*this, changed);
  changed.compare();
  visit_converter_errors(usual, changed);
  return changed.text();
}

}  // namespace kirchhoff::hw
