#pragma once

#include <string>

namespace kirchhoff {

/// The right to work in a folder, among processes of this program: alone, or with others that share
/// it. The kernel takes it back however the process ends.
class FolderLock {
 public:
  FolderLock() = default;
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  /// Takes it, unless this object has it already. InputError "FOLDER: another `what` is running in
  /// this folder" when another process has it (alone, where this one is to share it), or why the
  /// folder cannot be opened. A file system without locks gives it to everybody.
  void take(const std::string& folder, const std::string& what, bool shared = false);
  /// Whether another process has it, as far as the file system tells.
  static bool is_taken(const std::string& folder);

 private:
  int folder_ = -1;
};

}  // namespace kirchhoff
