#include "quant/data/cifar10.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <filesystem>
#include <map>
#include <memory>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include "base/checksum.h"
#include "base/error.h"
#include "base/quote.h"
#include "base/stop_request.h"
#include "quant/data/byte_reader.h"
#include "quant/data/decoded_archive.h"
#include "quant/data/reading_progress.h"

namespace kirchhoff::quant {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPixels = 3 * 32 * 32;
constexpr std::size_t kRecord = 1 + kPixels;
constexpr std::size_t kRecords = 10'000;
constexpr std::size_t kBatchBytes = kRecords * kRecord;
/// The largest file of CIFAR-100, which must be recognised.
constexpr std::size_t kMaxMemberBytes = std::size_t{1} << 28;
constexpr int kClasses = 10;
constexpr std::size_t kAllBytes = 6 * kBatchBytes;

std::vector<std::string> batch_names(Part part) {
  if (part == Part::kTest) return {"test_batch.bin"};
  return {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
          "data_batch_5.bin"};
}

std::vector<std::string> all_batch_names() {
  std::vector<std::string> names = batch_names(Part::kTrain);
  names.push_back(batch_names(Part::kTest).front());
  return names;
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

bool is_tar(const std::string& name) {
  return ends_with(name, ".tar") || ends_with(name, ".tar.gz") || ends_with(name, ".tgz") ||
         ends_with(name, ".tar.xz");
}

bool begins_with(const std::string& text, const std::string& begin) {
  return text.compare(0, begin.size(), begin) == 0;
}

/// `folder`/`name` or the same with .gz, whatever kind of file that is; empty when there is
/// neither.
std::string existing(const fs::path& folder, const std::string& name) {
  for (const char* suffix : {"", ".gz"}) {
    std::error_code error;
    if (fs::exists(folder / (name + suffix), error)) return folder / (name + suffix);
  }
  return {};
}

/// What an archive holds by its name, when that is not the binary version of CIFAR-10.
std::string other_version(const std::string& name) {
  if (begins_with(name, "cifar-100")) return "CIFAR-100";
  if (name.find("python") != std::string::npos) return "the Python version of CIFAR-10";
  if (name.find("matlab") != std::string::npos) return "the Matlab version of CIFAR-10";
  return {};
}

/// Archives of `folder` that are named like CIFAR-10, or like its relatives, in the order of their
/// names.
std::vector<std::string> archives(const fs::path& folder, bool relatives) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename();
    if (begins_with(name, "cifar-10") && is_tar(name) && other_version(name).empty() != relatives) {
      paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

struct CloseArchive {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

using ArchiveReader = std::unique_ptr<archive, CloseArchive>;

[[noreturn]] void refuse(const std::string& path, const std::string& reason) {
  throw InputError(
      fmt::format("{}: {}: must be an undamaged CIFAR-10 batch, plain or .gz, or a tar archive of "
                  "them, plain, .gz or .xz",
                  path, quote(reason)));
}

/// The bytes of an archive as the library asks for them. It does not check gzip's checksums and
/// holds a name in a gzip header in memory however long that is, so gzip is undone before it.
class ArchiveBytes {
 public:
  explicit ArchiveBytes(const std::string& path) : file_(path) {}

  static la_ssize_t next(archive* reader, void* self, const void** buffer) {
    auto& source = *static_cast<ArchiveBytes*>(self);
    try {
      *buffer = source.piece_.data();
      const std::size_t got = source.read();
      return static_cast<la_ssize_t>(got);
    } catch (...) {
      // Not through C.
      source.error_ = std::current_exception();
      archive_set_error(reader, EIO, "cannot be read");
      return -1;
    }
  }
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }
  /// So that gzip's checksum is checked, and damage is called that and not a broken archive.
  void skip_rest() {
    while (read() > 0) {
    }
  }

 private:
  std::size_t read() {
    give_up_if_stopped();
    const std::size_t got = file_.read(piece_.data(), piece_.size());
    if (file_.offset() > kMaxArchiveBytes) {
      throw InputError(fmt::format("{}: more than {} bytes: no archive of CIFAR-10 has so many",
                                   shown_path(file_.path()), kMaxArchiveBytes));
    }
    return got;
  }

  static constexpr std::uint64_t kMaxArchiveBytes = std::uint64_t{1} << 30;
  ByteReader file_;
  std::vector<std::uint8_t> piece_ = std::vector<std::uint8_t>(1 << 16);
  std::exception_ptr error_;
};

/// Calls `read` until there is no more. Memory is taken as the bytes come; of too long a batch one
/// byte more than there may be is read, so that it is seen.
template <typename Read>
std::string read_batch_with(const Read& read) {
  constexpr std::size_t kPiece = std::size_t{1} << 20;
  std::string batch;
  while (batch.size() <= kBatchBytes) {
    const std::size_t before = batch.size();
    batch.resize(std::min(before + kPiece, kBatchBytes + 1));
    give_up_if_stopped();
    const std::size_t got = read(batch.data() + before, batch.size() - before);
    batch.resize(before + got);
    if (got == 0) break;
  }
  return batch;
}

/// The batches in a tar archive by their file names. All of it is read, so that damage anywhere is
/// noticed.
std::map<std::string, std::string> decode_batches(const std::string& path) {
  const std::vector<std::string> wanted = all_batch_names();
  ArchiveBytes bytes(path);
  ReadingProgress progress(path, kAllBytes);
  std::size_t read = 0;
  const ArchiveReader reader(archive_read_new());
  archive_read_support_filter_xz(reader.get());
  archive_read_support_format_tar(reader.get());
  const auto check = [&](int status, const std::string& where) {
    if (status == ARCHIVE_OK || status == ARCHIVE_EOF) return status == ARCHIVE_OK;
    bytes.rethrow();
    bytes.skip_rest();
    const char* reason = archive_error_string(reader.get());
    refuse(where, reason != nullptr ? reason : "cannot be read");
  };
  const std::string shown = shown_path(path);
  check(archive_read_open(reader.get(), &bytes, nullptr, ArchiveBytes::next, nullptr), shown);
  std::map<std::string, std::string> batches;
  archive_entry* entry = nullptr;
  while (check(archive_read_next_header(reader.get(), &entry), shown)) {
    const char* member = archive_entry_pathname(entry);
    const std::string name = member == nullptr ? "" : fs::path(member).filename().string();
    if (archive_entry_size(entry) > static_cast<la_int64_t>(kMaxMemberBytes)) {
      refuse(fmt::format("{}: {}", shown, quote(name)), "larger than a batch");
    }
    if (name == "data_batch_1") refuse(shown, "is the Python version of CIFAR-10");
    if (name == "train" || name == "train.bin") refuse(shown, "is CIFAR-100");
    if (std::find(wanted.begin(), wanted.end(), name) == wanted.end()) continue;
    batches[name] = read_batch_with([&](char* to, std::size_t count) {
      const auto got = archive_read_data(reader.get(), to, count);
      if (got < 0) check(static_cast<int>(got), fmt::format("{}: {}", shown, name));
      read += static_cast<std::size_t>(std::max<la_ssize_t>(got, 0));
      progress.update(std::min(read, kAllBytes));
      return static_cast<std::size_t>(std::max<la_ssize_t>(got, 0));
    });
  }
  bytes.rethrow();  // the library may take an error behind the last member for the end
  bytes.skip_rest();
  return batches;
}

/// The same of an archive that may have been read before.
std::map<std::string, std::string> read_batches(const std::string& path,
                                                const std::vector<std::string>& wanted) {
  // A plain tar file is read as fast as what would be kept of it.
  if (ends_with(path, ".tar")) return decode_batches(path);
  const DecodedArchive decoded(path);
  if (auto kept = decoded.members(wanted, kBatchBytes)) return std::move(*kept);
  std::map<std::string, std::string> batches = decode_batches(path);
  const bool whole = batches.size() == all_batch_names().size() &&
                     std::all_of(batches.begin(), batches.end(), [](const auto& batch) {
                       return batch.second.size() == kBatchBytes;
                     });
  if (whole) decoded.keep(batches);
  return batches;
}

/// A batch in a file of its own.
std::string read_batch(const std::string& path) {
  ByteReader file(path);
  return read_batch_with([&](char* to, std::size_t count) {
    return file.read(reinterpret_cast<std::uint8_t*>(to), count);
  });
}

void append(const std::string& bytes, const std::string& where, Cifar10Images& images) {
  if (bytes.size() != kBatchBytes) {
    throw InputError(fmt::format("{}: offset {}: {}: must have {} bytes, {} records of {}", where,
                                 std::min(bytes.size(), kBatchBytes),
                                 bytes.size() < kBatchBytes ? "the batch ends" : "more bytes",
                                 kBatchBytes, kRecords, kRecord));
  }
  for (std::size_t offset = 0; offset < kBatchBytes; offset += kRecord) {
    const auto label = static_cast<std::uint8_t>(bytes[offset]);
    if (label >= kClasses) {
      throw InputError(
          fmt::format("{}: offset {}: label {}: must be in [0, 9]", where, offset, label));
    }
    images.labels.push_back(label);
    images.pixels.insert(images.pixels.end(),
                         bytes.begin() + static_cast<std::ptrdiff_t>(offset + 1),
                         bytes.begin() + static_cast<std::ptrdiff_t>(offset + kRecord));
  }
}

}  // namespace

std::string find_cifar10(const std::vector<std::string>& folders, Part part) {
  for (const std::string& folder : folders) {
    const std::string file = existing(folder, batch_names(part).front());
    if (!file.empty()) return file;
    const std::vector<std::string> found = archives(folder, false);
    if (!found.empty()) return found.front();
  }
  return {};
}

std::string other_cifar_versions(const std::vector<std::string>& folders) {
  std::string said;
  for (const std::string& folder : folders) {
    for (const std::string& path : archives(folder, true)) {
      said += fmt::format("{}{} is {}", said.empty() ? "" : "; ", shown_path(path),
                          other_version(fs::path(path).filename()));
    }
  }
  return said;
}

Cifar10Images read_cifar10(const std::string& found, Part part) {
  const std::vector<std::string> names = batch_names(part);
  Cifar10Images images;
  images.files.push_back(found);
  if (is_tar(found)) {
    auto batches = read_batches(found, names);
    images.pixels.reserve(names.size() * kRecords * (kRecord - 1));
    for (const std::string& name : names) {
      const auto batch = batches.find(name);
      if (batch == batches.end()) {
        throw InputError(fmt::format("{}: no member {}: must have {}", shown_path(found), name,
                                     fmt::join(names, ", ")));
      }
      append(batch->second, fmt::format("{}: {}", shown_path(found), name), images);
      batches.erase(batch);  // all of them once are memory enough
    }
    return images;
  }
  images.pixels.reserve(names.size() * kRecords * (kRecord - 1));
  const fs::path folder = fs::path(found).parent_path();
  for (const std::string& name : names) {
    const std::string path = existing(folder, name);
    if (path.empty()) {
      throw InputError(fmt::format("{}: no {} or {}.gz beside {}", shown_path(folder.string()),
                                   name, name, quote(fs::path(found).filename().string())));
    }
    if (name != names.front()) images.files.push_back(path);
    append(read_batch(path), shown_path(path), images);
  }
  return images;
}

std::string cifar10_variant(const Cifar10Images& images) {
  const std::uint32_t crc =
      crc32_of({reinterpret_cast<const char*>(images.pixels.data()), images.pixels.size()});
  constexpr std::array<std::uint32_t, 2> kJpegQ75{0x361dd6aa, 0xccef4660};  // training, test part
  return std::find(kJpegQ75.begin(), kJpegQ75.end(), crc) != kJpegQ75.end() ? "JPEG q75" : "";
}

}  // namespace kirchhoff::quant
