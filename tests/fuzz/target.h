#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

#include "base/error.h"

/// What libFuzzer calls with every input, and replay.cpp with every file of a corpus.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace kirchhoff::fuzz {

inline std::string text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Readers may refuse what they get, in a message of one line without control bytes and of bounded
/// length. Everything else that they throw ends the program.
template <typename Read>
bool accepts(const Read& read) {
  try {
    read();
    return true;
  } catch (const InputError& error) {
    const std::string message = error.what();
    const bool clean =
        message.size() < 1000 && message.find_first_of("\n\x1b") == std::string::npos;
    if (!clean) {
      std::fprintf(stderr, "not fit for a terminal: %s\n", message.c_str());
      std::abort();
    }
    return false;
  }
}

/// What an accepted input must satisfy.
inline void demand(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

/// A file whose bytes are the input, for readers that take a path.
class InputOnDisk {
 public:
  explicit InputOnDisk(const std::string& name) {
    const char* const memory = "/dev/shm";
    std::error_code error;
    const bool fast = std::filesystem::is_directory(memory, error) && ::access(memory, W_OK) == 0;
    std::string folder = std::string(fast ? memory : "/tmp") + "/kirchhoff-fuzz-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr) std::abort();
    folder_ = folder;
    path_ = folder + "/" + name;
  }
  ~InputOnDisk() {
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
  }
  const std::string& write(const std::string& bytes) {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;
    return path_;
  }

 private:
  std::string folder_, path_;
};

}  // namespace kirchhoff::fuzz
