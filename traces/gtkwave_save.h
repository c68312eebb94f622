#pragma once

#include <string>

#include "traces/vcd_writer.h"

namespace kirchhoff {

/// A save file of GTKWave (3.3) that shows what a VcdWriter has written: the dump, the time from
/// the window's start to the last change, and every signal that has left its first value; all of
/// them when none has.
///
/// Modules are groups, named as the writer describes them, and what has at most three signals is
/// part of the module around it. Modules of one scope that end in the same number, such as dac0,
/// adc0 and shift_adder0, form a group that is called `lane` and that number, when three or more
/// of them do. When there are too many signals for a screen, only the first of numbered groups is
/// open, and none with a long list of its own. Levels that change in the window are drawn as
/// curves, numbers are decimal.
///
/// `dump` is what the file says of the dump: GTKWave looks for a relative path from the save file.
/// Called after VcdWriter::close(); the same calls give the same bytes.
std::string gtkwave_save(const VcdWriter& vcd, const std::string& dump, const std::string& lane);

}  // namespace kirchhoff
