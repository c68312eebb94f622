#pragma once

#include <string>

#include "base/error.h"
#include "hw/config/config_loader.h"

namespace kirchhoff::hw {

/// What is wrong with a configuration file of this text; empty when nothing is.
inline std::string error_of_text(const std::string& text) {
  ConfigLoader loader;
  try {
    loader.load_text(text, "chip.ini");
    loader.finish();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

}  // namespace kirchhoff::hw
