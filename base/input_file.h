#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace kirchhoff {

/// Where an input may come from.
enum class InputKind {
  kFile,   ///< a regular file: data, and what the program stored itself
  kStream  ///< what a user names as a text: a pipe or a character device will do, too
};

/// A file that is open for reading, front to back: the only door by which files come in. InputError
/// names the path: a folder, a socket or a block device is refused, and a pipe or a character
/// device where a regular file is meant, before anything is read or waited for. Opening a pipe
/// waits for the program at its other end, as everywhere.
class InputFile {
 public:
  InputFile(const std::string& path, InputKind kind);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  /// Up to `count` bytes; fewer only at the end. InputError with the offset when the system cannot
  /// read on: what follows is never taken for the end of the file.
  std::size_t read(void* bytes, std::size_t count);
  /// Bytes read so far.
  std::uint64_t offset() const { return offset_; }
  /// Of a regular file, when it was opened; 0 otherwise, and for files that the kernel makes up as
  /// they are read.
  std::uint64_t size() const { return size_; }
  bool is_regular() const { return regular_; }
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
  int file_ = -1;
  bool regular_ = false;
  std::uint64_t size_ = 0;
  std::uint64_t offset_ = 0;
};

/// All bytes up to the end. InputError when there are more than `most`; a file that says so itself
/// costs no memory.
std::string read_all(InputFile& file, std::size_t most);
/// The same for a regular file by its path.
std::string file_bytes(const std::string& path, std::size_t most);

}  // namespace kirchhoff
