#pragma once

#include "hw/config/component.h"

/// The cost tables of the components that Kirchhoff has: one source file each.
namespace kirchhoff::hw::tables {

Component crossbar();
Component dac();
Component subtractor();
Component sample_hold();
Component adc();
Component shift_adder();
Component input_register();
Component output_register();
Component edram();
Component line_buffer();
Component bus();
Component tile_adder();
Component tile_register();
Component sfu();
Component controller();
Component router();
Component link();

}  // namespace kirchhoff::hw::tables
