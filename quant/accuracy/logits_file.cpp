#include "quant/accuracy/logits_file.h"

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <fmt/format.h>
#include <zlib.h>

#include "traces/atomic_file.h"
#include "traces/error.h"

namespace kirchhoff::quant {
namespace {

constexpr const char* kFormat = "kirchhoff-logits 1";

std::uint32_t checksum(const std::string& bytes, std::size_t count) {
  return static_cast<std::uint32_t>(
      crc32_z(crc32_z(0, nullptr, 0), reinterpret_cast<const Bytef*>(bytes.data()), count));
}

}  // namespace

std::optional<ImageLogits> load_logits(const std::string& path, const std::string& fingerprint,
                                       std::size_t images) {
  std::ifstream stream(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  const std::string start = fmt::format("{} {} {} ", kFormat, fingerprint, images);
  const std::size_t end_of_line = bytes.find('\n');
  std::uint32_t crc = 0;
  if (end_of_line == std::string::npos || bytes.compare(0, start.size(), start) != 0 ||
      bytes.size() < end_of_line + 1 + sizeof crc) {
    return std::nullopt;
  }
  const std::size_t data = bytes.size() - sizeof crc;
  std::memcpy(&crc, bytes.data() + data, sizeof crc);
  if (crc != checksum(bytes, data)) return std::nullopt;
  ImageLogits logits;
  std::istringstream rest(bytes.substr(start.size(), end_of_line - start.size()));
  if (!(rest >> logits.classes)) return std::nullopt;
  const std::size_t size = data - end_of_line - 1;
  logits.values.resize(size / sizeof(double));
  if (size != images * logits.classes * sizeof(double)) return std::nullopt;
  std::memcpy(logits.values.data(), bytes.data() + end_of_line + 1, size);
  return logits;
}

void store_logits(const std::string& path, const std::string& fingerprint,
                  const ImageLogits& logits) {
  if (logits.classes == 0) return;
  std::string bytes = fmt::format("{} {} {} {}\n", kFormat, fingerprint,
                                  logits.values.size() / logits.classes, logits.classes);
  bytes.append(reinterpret_cast<const char*>(logits.values.data()),
               logits.values.size() * sizeof(double));
  const std::uint32_t crc = checksum(bytes, bytes.size());
  bytes.append(reinterpret_cast<const char*>(&crc), sizeof crc);
  try {
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
    write_file_atomically(path, bytes);
  } catch (const RunError&) {
  }
}

}  // namespace kirchhoff::quant
