#pragma once

#include <string>

namespace kirchhoff {

/// Where the program keeps what it would otherwise compute again in every process:
/// $KIRCHHOFF_CACHE, else $XDG_CACHE_HOME/kirchhoff, else $HOME/.cache/kirchhoff; empty without
/// any of them, and then nothing is kept. Whatever lies there can be removed at any time.
std::string cache_folder();
/// A file there; empty without a cache folder.
std::string cache_path(const std::string& name);

}  // namespace kirchhoff
