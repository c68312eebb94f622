#include "report/stored_csv.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/file_text.h"
#include "base/input_file.h"
#include "base/quote.h"
#include "base/utf8.h"

namespace kirchhoff::report {
namespace {

struct CloseArchive {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

std::string unpacked(const std::string& path) {
  // The file comes in whole: what is compressed is smaller than what it holds.
  const std::string bytes = file_bytes(path, kMaxTextBytes);
  const std::unique_ptr<archive, CloseArchive> reader(archive_read_new());
  archive_read_support_filter_xz(reader.get());
  archive_read_support_format_raw(reader.get());
  const auto refuse = [&](const std::string& reason) -> InputError {
    return InputError(
        fmt::format("{}: {}: must be an undamaged file of xz", shown_path(path), reason));
  };
  const auto reason = [&] {
    const char* const text = archive_error_string(reader.get());
    return text != nullptr ? quote(text) : std::string("cannot be unpacked");
  };
  archive_entry* entry = nullptr;
  if (archive_read_open_memory(reader.get(), bytes.data(), bytes.size()) != ARCHIVE_OK ||
      archive_read_next_header(reader.get(), &entry) != ARCHIVE_OK) {
    throw refuse(reason());
  }
  // Without a filter of its own the library would hand through whatever it is given.
  if (archive_filter_code(reader.get(), 0) != ARCHIVE_FILTER_XZ) throw refuse("is not compressed");
  std::string text;
  std::array<char, 1 << 16> piece{};
  while (true) {
    const la_ssize_t got = archive_read_data(reader.get(), piece.data(), piece.size());
    if (got < 0) throw refuse(reason());
    if (got == 0) break;
    text.append(piece.data(), static_cast<std::size_t>(got));
    if (text.size() > kMaxTextBytes) {
      throw InputError(
          fmt::format("{}: unpacks to more than {} bytes", shown_path(path), kMaxTextBytes));
    }
  }
  if (find_invalid_utf8(text) != std::string::npos || text.find('\0') != std::string::npos) {
    throw InputError(fmt::format("{}: must hold text in UTF-8", shown_path(path)));
  }
  return text;
}

}  // namespace

StoredCsv load_stored_csv(const std::string& folder, const std::string& name) {
  const std::string path = folder + "/" + name, packed = path + ".xz";
  if (std::filesystem::exists(path) || !std::filesystem::exists(packed)) {
    return {path, Csv::load(path)};
  }
  return {packed, Csv::parse(unpacked(packed), packed)};
}

}  // namespace kirchhoff::report
