#include "quant/data/cifar10.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <memory>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <zlib.h>

#include "traces/error.h"
#include "traces/stop_request.h"

namespace kirchhoff::quant {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPixels = 3 * 32 * 32;
constexpr std::size_t kRecord = 1 + kPixels;
constexpr std::size_t kRecords = 10'000;
constexpr std::size_t kBatchBytes = kRecords * kRecord;
constexpr int kClasses = 10;

std::vector<std::string> batch_names(Part part) {
  if (part == Part::kTest) return {"test_batch.bin"};
  return {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
          "data_batch_5.bin"};
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

bool is_tar(const std::string& name) {
  return ends_with(name, ".tar") || ends_with(name, ".tar.gz") || ends_with(name, ".tgz") ||
         ends_with(name, ".tar.xz");
}

/// `folder`/`name` or the same with .gz; empty when there is neither.
std::string existing(const fs::path& folder, const std::string& name) {
  for (const char* suffix : {"", ".gz"}) {
    std::error_code error;
    if (fs::is_regular_file(folder / (name + suffix), error)) return folder / (name + suffix);
  }
  return {};
}

/// The first archive of `folder` by name that looks like CIFAR-10.
std::string existing_archive(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename();
    if (name.rfind("cifar-10", 0) == 0 && is_tar(name)) names.push_back(entry.path());
  }
  std::sort(names.begin(), names.end());
  return names.empty() ? std::string() : names.front();
}

struct CloseArchive {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

using ArchiveReader = std::unique_ptr<archive, CloseArchive>;

[[noreturn]] void refuse(const std::string& path, archive* reader) {
  const char* reason = archive_error_string(reader);
  throw InputError(
      fmt::format("{}: {}: must be an undamaged CIFAR-10 batch, plain or .gz, or a tar archive of "
                  "them, plain, .gz or .xz",
                  path, reason != nullptr ? reason : "cannot be read"));
}

// Unpacking takes about 30 ms for so much.
constexpr std::size_t kPiece = std::size_t{1} << 19;

/// What libarchive would do by itself at the next header, but without being asked to stop.
void pass_over(archive* reader) {
  std::vector<char> unused(kPiece);
  while (archive_read_data(reader, unused.data(), unused.size()) > 0) give_up_if_stopped();
}

/// The wanted members of an archive by their file names, or of a single file under its own name.
std::map<std::string, std::string> read_batches(const std::string& path,
                                                const std::vector<std::string>& wanted) {
  const ArchiveReader reader(archive_read_new());
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_filter_xz(reader.get());
  const bool tar = is_tar(path);
  if (tar) {
    archive_read_support_format_tar(reader.get());
  } else {
    archive_read_support_format_raw(reader.get());
  }
  if (archive_read_open_filename(reader.get(), path.c_str(), 1 << 20) != ARCHIVE_OK) {
    refuse(path, reader.get());
  }
  std::map<std::string, std::string> batches;
  archive_entry* entry = nullptr;
  int status = ARCHIVE_OK;
  while (batches.size() < wanted.size() &&
         (status = archive_read_next_header(reader.get(), &entry)) == ARCHIVE_OK) {
    const char* member = archive_entry_pathname(entry);
    const std::string name =
        tar && member != nullptr ? fs::path(member).filename().string() : wanted.front();
    if (std::find(wanted.begin(), wanted.end(), name) == wanted.end()) {
      pass_over(reader.get());
      continue;
    }
    // One byte more than there may be, so that too long a batch is seen and not read.
    std::string bytes(kBatchBytes + 1, '\0');
    std::size_t size = 0;
    while (size < bytes.size()) {
      give_up_if_stopped();
      const auto got = archive_read_data(reader.get(), bytes.data() + size,
                                         std::min(kPiece, bytes.size() - size));
      if (got < 0) refuse(fmt::format("{}: {}", path, name), reader.get());
      if (got == 0) break;
      size += static_cast<std::size_t>(got);
    }
    bytes.resize(size);
    batches[name] = std::move(bytes);
  }
  if (status != ARCHIVE_OK && status != ARCHIVE_EOF) refuse(path, reader.get());
  return batches;
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
    const std::string archive = existing_archive(folder);
    if (!archive.empty()) return archive;
  }
  return {};
}

Cifar10Images read_cifar10(const std::string& found, Part part) {
  const std::vector<std::string> names = batch_names(part);
  Cifar10Images images;
  images.labels.reserve(names.size() * kRecords);
  images.pixels.reserve(names.size() * kRecords * kPixels);
  if (is_tar(found)) {
    const auto batches = read_batches(found, names);
    for (const std::string& name : names) {
      const auto batch = batches.find(name);
      if (batch == batches.end()) {
        throw InputError(
            fmt::format("{}: no member {}: must have {}", found, name, fmt::join(names, ", ")));
      }
      append(batch->second, fmt::format("{}: {}", found, name), images);
    }
    return images;
  }
  const fs::path folder = fs::path(found).parent_path();
  for (const std::string& name : names) {
    const std::string path = existing(folder, name);
    if (path.empty()) {
      throw InputError(fmt::format("{}: no {} or {}.gz beside {}", folder.string(), name, name,
                                   fs::path(found).filename().string()));
    }
    append(read_batches(path, {name})[name], path, images);
  }
  return images;
}

std::string cifar10_variant(const Cifar10Images& images) {
  const auto crc = crc32_z(crc32_z(0, nullptr, 0), images.pixels.data(), images.pixels.size());
  constexpr std::array<uLong, 2> kJpegQ75{0x361dd6aa, 0xccef4660};  // training and test part
  return std::find(kJpegQ75.begin(), kJpegQ75.end(), crc) != kJpegQ75.end() ? "JPEG q75" : "";
}

}  // namespace kirchhoff::quant
