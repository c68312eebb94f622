#pragma once

#include <string>
#include <vector>

namespace kirchhoff::cosim {

/// The folder `name` ("presets", "models") that came with the program: beside it in a build, in
/// ../share/kirchhoff of an installed one. Throws RunError that lists where it was looked for.
std::string resource_folder(const std::string& name);

/// The path of a module of the program: beside it in a build, under the library folder of an
/// installed one. RunError like that of resource_folder().
std::string module_file(const std::string& name);

/// The names of the files in that folder that end in `extension` (".ini"), without it, sorted.
std::vector<std::string> resource_names(const std::string& folder, const std::string& extension);

/// The path of the file NAME+extension in that folder. A name that is not there is an InputError
/// "--FLAG NAME: must be one of …".
std::string resource_file(const std::string& folder, const std::string& name,
                          const std::string& extension, const std::string& flag);

}  // namespace kirchhoff::cosim
