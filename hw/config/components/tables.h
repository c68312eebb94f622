#pragma once

#include "hw/config/component.h"

/// The components that Kirchhoff has, in the order of a report: along the way of the data. The cost
/// table of NAME is `Component tables::NAME()` in hw/config/components/NAME.cpp.
#define KIRCHHOFF_COMPONENTS(EACH) \
  EACH(crossbar)                   \
  EACH(dac)                        \
  EACH(subtractor)                 \
  EACH(sample_hold)                \
  EACH(adc)                        \
  EACH(shift_adder)                \
  EACH(input_register)             \
  EACH(output_register)            \
  EACH(edram)                      \
  EACH(line_buffer)                \
  EACH(bus)                        \
  EACH(tile_adder)                 \
  EACH(tile_register)              \
  EACH(sfu)                        \
  EACH(multiplier)                 \
  EACH(weight_register)            \
  EACH(controller)                 \
  EACH(router)                     \
  EACH(link)

namespace kirchhoff::hw::tables {

#define KIRCHHOFF_DECLARE(NAME) Component NAME();
KIRCHHOFF_COMPONENTS(KIRCHHOFF_DECLARE)
#undef KIRCHHOFF_DECLARE

}  // namespace kirchhoff::hw::tables
