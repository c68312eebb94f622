#pragma once

#include <cstdlib>
#include <string>

#include <archive.h>
#include <archive_entry.h>

namespace kirchhoff {

/// The bytes as a file of xz; not packed well, but fast.
inline std::string xz_of(const std::string& bytes) {
  std::string out(bytes.size() + (1 << 16), '\0');
  std::size_t used = 0;
  archive* const writer = archive_write_new();
  archive_write_add_filter_xz(writer);
  archive_write_set_filter_option(writer, "xz", "compression-level", "0");
  archive_write_set_format_raw(writer);
  archive_write_set_bytes_in_last_block(writer, 1);
  if (archive_write_open_memory(writer, out.data(), out.size(), &used) != ARCHIVE_OK) std::abort();
  archive_entry* const entry = archive_entry_new();
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(writer, entry);
  archive_write_data(writer, bytes.data(), bytes.size());
  archive_entry_free(entry);
  archive_write_free(writer);
  return out.substr(0, used);
}

}  // namespace kirchhoff
