#include "base/build_id.h"

#include <cstddef>
#include <cstring>

#include <elf.h>
#include <fmt/format.h>
#include <link.h>

namespace kirchhoff {

namespace {

constexpr std::size_t padded(std::size_t size) { return (size + 3) / 4 * 4; }

/// Looks through the notes of one loaded object; the program itself comes first.
int find_note(dl_phdr_info* object, std::size_t, void* found) {
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    // The loader says addresses as numbers.
    const auto* at = reinterpret_cast<const char*>(  // NOLINT(performance-no-int-to-ptr)
        object->dlpi_addr + segment.p_vaddr);
    const char* const end = at + segment.p_memsz;
    while (at + sizeof(ElfW(Nhdr)) <= end) {
      ElfW(Nhdr) note;
      std::memcpy(&note, at, sizeof note);
      const char* const name = at + sizeof note;
      const char* const bytes = name + padded(note.n_namesz);
      if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
          std::memcmp(name, "GNU", 4) == 0) {
        for (std::size_t b = 0; b < note.n_descsz; ++b) {
          *static_cast<std::string*>(found) +=
              fmt::format("{:02x}", static_cast<unsigned char>(bytes[b]));
        }
        return 1;
      }
      at = bytes + padded(note.n_descsz);
    }
  }
  return 1;  // only the program's own
}

}  // namespace

std::string build_id() {
  std::string id;
  dl_iterate_phdr(find_note, &id);
  return id;
}

}  // namespace kirchhoff
