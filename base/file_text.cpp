#include "base/file_text.h"

#include <algorithm>
#include <map>
#include <mutex>

#include <fmt/format.h>

#include "base/error.h"
#include "base/input_file.h"
#include "base/quote.h"
#include "base/utf8.h"

namespace kirchhoff {
namespace {

void check_text(const std::string& text, const std::string& path) {
  const std::size_t at = std::min(find_invalid_utf8(text), text.find('\0'));
  if (at == std::string::npos) return;
  const auto begin = text.begin(), end = begin + static_cast<std::ptrdiff_t>(at);
  const auto line = std::count(begin, end, '\n') + 1;
  const std::size_t line_begin = text.rfind('\n', at) + 1;  // npos + 1 = 0
  throw InputError(fmt::format("{}:{}: byte {}: 0x{:02x}: must be text in UTF-8", shown_path(path),
                               line, at - line_begin + 1, static_cast<unsigned char>(text[at])));
}

/// What came out of pipes, which nobody can read twice.
class Drained {
 public:
  std::string text(const std::string& path, InputFile& file, std::size_t most) {
    const std::lock_guard lock(mutex_);
    const auto known = texts_.find(path);
    if (known != texts_.end()) return known->second;
    return texts_[path] = read_all(file, most);
  }
  const std::string* find(const std::string& path) {
    const std::lock_guard lock(mutex_);
    const auto known = texts_.find(path);
    return known == texts_.end() ? nullptr : &known->second;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> texts_;
};

}  // namespace

std::string file_text(const std::string& path, std::size_t most) {
  static Drained drained;
  // Opening a named pipe again would wait for another writer.
  if (const std::string* const known = drained.find(path); known != nullptr) return *known;
  InputFile file(path, InputKind::kStream);
  std::string text = file.is_regular() ? read_all(file, most) : drained.text(path, file, most);
  check_text(text, path);
  return text;
}

std::string stored_text(const std::string& path, std::size_t most) {
  std::string text = file_bytes(path, most);
  check_text(text, path);
  return text;
}

}  // namespace kirchhoff
