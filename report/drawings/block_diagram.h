#pragma once

#include <string>

#include "hw/config/chip_config.h"

namespace kirchhoff::report {

/// The chip, one of its tiles and one of its PEs with the figures of a configuration, as SVG.
/// `name` heads the drawing: a preset, for instance.
std::string block_diagram(const hw::ChipConfig& chip, const std::string& name);

}  // namespace kirchhoff::report
