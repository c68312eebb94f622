#pragma once

#include <string>

#include "quant/data/dataset.h"

namespace kirchhoff::quant {

/// The first file of a dataset's part where load_dataset() finds it; empty when there is none.
/// Nothing is read. InputError for a name that it does not know, and for a folder that is none.
std::string dataset_file(const std::string& name, Part part, const std::string& data_dir);

}  // namespace kirchhoff::quant
