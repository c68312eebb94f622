#pragma once

#include <string>

namespace kirchhoff {

/// An empty folder that goes with the object, and at the latest with the next one that is made
/// after its process was killed. RunError when it cannot be made.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
  int lock_ = -1;  ///< says that the folder is in use, however the process ends
};

}  // namespace kirchhoff
