#include "quant/accuracy/logits_file.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <sstream>

#include <fmt/format.h>

#include "base/atomic_file.h"
#include "base/cached_bytes.h"
#include "base/checksum.h"
#include "base/error.h"
#include "base/quote.h"
#include "base/warning.h"

namespace kirchhoff::quant {
namespace {

constexpr const char* kFormat = "kirchhoff-logits 1";

/// The reference's logits of 60,000 images with a thousand classes have half a gigabyte.
constexpr std::size_t kMaxBytes = std::size_t{1} << 31;

}  // namespace

std::optional<ImageLogits> load_logits(const std::string& path, const std::string& fingerprint,
                                       std::size_t images) {
  const std::optional<std::string> found = cached_bytes(path, kMaxBytes);
  if (!found) return std::nullopt;
  const std::string& bytes = *found;
  const std::string start = fmt::format("{} {} {} ", kFormat, fingerprint, images);
  const std::size_t end_of_line = bytes.find('\n');
  std::uint32_t crc = 0;
  if (bytes.compare(0, start.size(), start) != 0) return std::nullopt;  // of something else
  const auto damaged = [&]() -> std::optional<ImageLogits> {
    warn(fmt::format("{}: damaged; computed anew", shown_path(path)));
    return std::nullopt;
  };
  if (end_of_line == std::string::npos || bytes.size() < end_of_line + 1 + sizeof crc) {
    return damaged();
  }
  const std::size_t data = bytes.size() - sizeof crc;
  std::memcpy(&crc, bytes.data() + data, sizeof crc);
  if (crc != crc32_of({bytes.data(), data})) return damaged();
  ImageLogits logits;
  std::istringstream rest(bytes.substr(start.size(), end_of_line - start.size()));
  const std::size_t size = data - end_of_line - 1;
  // The file may claim any number of classes; it is right when the logits are there.
  if (!(rest >> logits.classes) || logits.classes == 0 || images == 0 ||
      size % (images * sizeof(double)) != 0 || size / (images * sizeof(double)) != logits.classes) {
    return damaged();
  }
  logits.values.resize(size / sizeof(double));
  std::memcpy(logits.values.data(), bytes.data() + end_of_line + 1, size);
  const auto finite = [](double value) { return std::isfinite(value); };
  if (!std::all_of(logits.values.begin(), logits.values.end(), finite)) return damaged();
  return logits;
}

void store_logits(const std::string& path, const std::string& fingerprint,
                  const ImageLogits& logits) {
  if (logits.classes == 0) return;
  std::string bytes = fmt::format("{} {} {} {}\n", kFormat, fingerprint,
                                  logits.values.size() / logits.classes, logits.classes);
  bytes.append(reinterpret_cast<const char*>(logits.values.data()),
               logits.values.size() * sizeof(double));
  const std::uint32_t crc = crc32_of(bytes);
  bytes.append(reinterpret_cast<const char*>(&crc), sizeof crc);
  try {
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
    write_file_atomically(path, bytes);
  } catch (const RunError&) {
  }
}

}  // namespace kirchhoff::quant
