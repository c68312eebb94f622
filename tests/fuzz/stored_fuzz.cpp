// What the program has stored: tables packed by xz, and members of a data set's archive that were
// decoded before. The first byte says what the rest is taken for.
#include <filesystem>
#include <map>
#include <optional>

#include "base/checksum.h"
#include "quant/data/decoded_archive.h"
#include "report/stored_csv.h"
#include "tests/fuzz/target.h"
#include "tests/support/xz.h"

namespace {

using namespace kirchhoff;

void read_table(const std::string& packed) {
  static fuzz::InputOnDisk file("episodes.csv.xz");
  const std::filesystem::path path = file.write(packed);
  report::StoredCsv stored;
  if (!fuzz::accepts(
          [&] { stored = report::load_stored_csv(path.parent_path().string(), "episodes.csv"); }))
    return;
  const std::string text = stored.csv.to_text();
  fuzz::demand(report::Csv::parse(text, "own").to_text() == text,
               "a table is read as it was written");
}

std::string with_checksum(std::string bytes) {
  const std::uint32_t crc = crc32_of(bytes);
  bytes.append(reinterpret_cast<const char*>(&crc), sizeof crc);
  return bytes;
}

/// The cache folder of this process, and the archive whose members it holds.
class Cache {
 public:
  Cache() : archive_("archive") {
    const std::filesystem::path path = archive_.write("an archive");
    folder_ = path.parent_path() / "cache";
    ::setenv("KIRCHHOFF_CACHE", folder_.c_str(), 1);
    decoded_.emplace(path.string());
    decoded_->keep({{kMember, "what it holds"}});
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) kept_ = entry.path();
  }
  /// What is found when `size` bytes are asked for where the file has `bytes`.
  void read(const std::string& bytes, std::size_t size) {
    std::ofstream(kept_, std::ios::binary | std::ios::trunc) << bytes;
    std::optional<std::map<std::string, std::string>> found;
    if (!fuzz::accepts([&] { found = decoded_->members({kMember}, size); }) || !found) return;
    const std::string& member = found->at(kMember);
    fuzz::demand(member.size() == size && with_checksum(member) == bytes,
                 "a member is what was kept, undamaged");
  }

 private:
  static constexpr const char* kMember = "member";
  fuzz::InputOnDisk archive_;
  std::filesystem::path folder_, kept_;
  std::optional<quant::DecodedArchive> decoded_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string bytes = fuzz::text_of(data + 2, size - 2);
  static Cache cache;
  switch (data[0] % 4) {
    case 0:
      read_table(bytes);
      break;
    case 1:  // whose checksums fit, or nothing else would ever be reached
      read_table(xz_of(bytes));
      break;
    case 2:
      cache.read(bytes, data[1]);
      break;
    default:
      cache.read(with_checksum(bytes), data[1]);
  }
  return 0;
}
