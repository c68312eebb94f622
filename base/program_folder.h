#pragma once

#include <string>

namespace kirchhoff {

/// The folder of this program, beside which its presets, models and modules lie, or as seen from
/// which an installation has them. RunError when the system does not say.
std::string program_folder();
/// Says it for what runs inside another program, such as Python's: to be called before anything
/// is looked for.
void set_program_folder(const std::string& folder);

}  // namespace kirchhoff
