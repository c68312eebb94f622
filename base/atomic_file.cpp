#include "base/atomic_file.h"

#include "base/output_file.h"

namespace kirchhoff {

void write_file_atomically(const std::string& path, const std::string& contents) {
  OutputFile file(path);
  if (const int error = file.write(contents); error != 0) throw OutputError(path, "write", error);
  file.publish();
}

}  // namespace kirchhoff
