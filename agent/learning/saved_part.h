#pragma once

#include <istream>
#include <ostream>
#include <sstream>
#include <string>

#include "base/binary_stream.h"

namespace kirchhoff::agent {

/// The bytes of a part that changes more seldom than it is saved: an agent's networks learn once
/// per update, its checkpoint is written after every episode.
class SavedPart {
 public:
  template <typename Part>
  void save(const Part& part, std::ostream& out) {
    if (bytes_.empty()) {
      std::ostringstream bytes;
      part.save(bytes);
      bytes_ = bytes.str();
    }
    write_string(out, bytes_);
  }

  template <typename Part>
  void load(Part& part, std::istream& in) {
    bytes_ = read_string(in);
    std::istringstream bytes(bytes_);
    part.load(bytes);
  }

  /// The part is not what it was.
  void changed() { bytes_.clear(); }

 private:
  std::string bytes_;
};

}  // namespace kirchhoff::agent
