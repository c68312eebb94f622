#pragma once

#include <string>

#include "report/csv.h"

namespace kirchhoff::report {

/// A table that a folder holds, as it is or compressed.
struct StoredCsv {
  std::string path;  ///< of the file that was read
  Csv csv;
};

/// Reads FOLDER/NAME or, where there is none, FOLDER/NAME.xz, of at most kMaxTextBytes once it is
/// unpacked. InputError naming the file when it cannot be read, is damaged, no text or too large.
StoredCsv load_stored_csv(const std::string& folder, const std::string& name);

}  // namespace kirchhoff::report
