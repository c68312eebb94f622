#include "quant/model/tensor_file.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include <Eigen/Core>
#include <fmt/format.h>

#include "base/checksum.h"
#include "base/error.h"
#include "base/json_input.h"
#include "base/json_text.h"
#include "base/quote.h"

namespace kirchhoff::quant {
namespace {

static_assert(sizeof(float) == 4 && std::numeric_limits<float>::is_iec559);

constexpr std::size_t kWord = 4;
constexpr std::size_t kLongestHeader = 1 << 20;

std::size_t width(const NamedTensor& tensor) { return tensor.half ? 2 : kWord; }

void append_word(std::string& bytes, std::uint32_t word, std::size_t width = kWord) {
  for (std::size_t i = 0; i < width; ++i)
    bytes.push_back(static_cast<char>(word >> (8 * i) & 0xff));
}

std::uint32_t read_word(const std::string& bytes, std::size_t offset, std::size_t width = kWord) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < width; ++i) {
    word |= std::uint32_t{static_cast<std::uint8_t>(bytes[offset + i])} << (8 * i);
  }
  return word;
}

std::uint32_t encode(float value, bool half) {
  if (half) return Eigen::half(value).x;
  std::uint32_t word = 0;
  std::memcpy(&word, &value, kWord);
  return word;
}

float decode(std::uint32_t word, bool half) {
  if (half)
    return Eigen::half_impl::half_to_float(
        Eigen::half_impl::raw_uint16_to_half(static_cast<std::uint16_t>(word)));
  float value = 0;
  std::memcpy(&value, &word, kWord);
  return value;
}

}  // namespace

std::string encode_tensor_file(const std::string& kind, const TensorFile& file) {
  nlohmann::ordered_json header = file.header;
  header["tensors"] = nlohmann::ordered_json::array();
  std::size_t offset = 0;
  for (const NamedTensor& tensor : file.tensors) {
    header["tensors"].push_back(
        {{"name", tensor.name}, {"shape", tensor.shape}, {"offset", offset}});
    if (tensor.half) header["tensors"].back()["type"] = "float16";
    offset += tensor.values.size() * width(tensor);
  }
  std::string bytes = kind + '\n' + json_line(header) + '\n';
  bytes.reserve(bytes.size() + offset + kWord);
  for (const NamedTensor& tensor : file.tensors) {
    for (const float value : tensor.values) {
      append_word(bytes, encode(value, tensor.half), width(tensor));
    }
  }
  append_word(bytes, crc32_of(bytes));
  return bytes;
}

TensorFile decode_tensor_file(const std::string& kind, const std::string& bytes,
                              const std::string& path) {
  if (bytes.compare(0, kind.size() + 1, kind + '\n') != 0) {
    const auto end = std::min(bytes.find('\n'), kind.size() + 4);
    throw InputError(fmt::format("{}: offset 0: begins with {}: must be \"{}\"", path,
                                 quoted_text(bytes.substr(0, end)), kind));
  }
  const std::size_t header_begin = kind.size() + 1;
  const std::size_t header_end = bytes.find('\n', header_begin);
  if (header_end == std::string::npos || header_end - header_begin > kLongestHeader) {
    throw InputError(
        fmt::format("{}: offset {}: the header line does not end: must be at most {} bytes", path,
                    header_begin, kLongestHeader));
  }
  const std::size_t data_begin = header_end + 1;
  if (bytes.size() < data_begin + kWord) {
    throw InputError(fmt::format("{}: offset {}: the file ends: must have values and a checksum",
                                 path, bytes.size()));
  }
  const std::size_t data_end = bytes.size() - kWord;
  const std::uint32_t stored = read_word(bytes, data_end);
  const std::uint32_t computed = crc32_of({bytes.data(), data_end});
  if (stored != computed) {
    throw InputError(
        fmt::format("{}: offset {}: checksum 0x{:08x}: must be 0x{:08x}; the file is cut or "
                    "damaged",
                    path, data_end, stored, computed));
  }

  // From here on the file is what some program wrote; the checks guard against a program that
  // erred.
  const std::string where = fmt::format("{}: offset {}", path, header_begin);
  TensorFile file;
  const std::string header = bytes.substr(header_begin, header_end - header_begin);
  const auto strict = parse_json(header, where);
  if (!strict.is_object()) {
    throw InputError(fmt::format("{}: {}: must be an object", where, quoted(strict)));
  }
  std::size_t offset = data_begin;
  const auto& tensors = array_member(strict, "tensors", where);
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    const std::string here = fmt::format("{}: tensors[{}]", where, t);
    check_keys(tensors[t], here, {"name", "shape", "offset", "type"});
    NamedTensor tensor;
    tensor.name = string_member(tensors[t], "name", here);
    if (tensors[t].contains("type")) {
      const std::string type = string_member(tensors[t], "type", here);
      if (type != "float16" && type != "float32") {
        throw InputError(
            fmt::format("{}: type = {}: must be float16 or float32", here, quoted_text(type)));
      }
      tensor.half = type == "float16";
    }
    const auto left = static_cast<long long>((data_end - offset) / width(tensor));
    long long values = 1;
    for (const auto& side : array_member(tensors[t], "shape", here)) {
      // No side and no product beyond the file, so that nothing can overflow.
      const long long sides = integer_value(side, here + ": shape", 1, std::max(left, 1LL));
      tensor.shape.push_back(static_cast<int>(sides));
      values *= sides;
      if (values > left) {
        throw InputError(fmt::format("{}: shape: only {} values are left in the file", here, left));
      }
    }
    const auto begin = static_cast<long long>(offset - data_begin);
    integer_member(tensors[t], "offset", here, begin, begin);
    tensor.values.reserve(static_cast<std::size_t>(values));
    for (long long i = 0; i < values; ++i, offset += width(tensor)) {
      const float value = decode(read_word(bytes, offset, width(tensor)), tensor.half);
      if (!std::isfinite(value)) {
        throw InputError(fmt::format("{}: offset {}: value {} of {}: must be finite", path, offset,
                                     value, quoted_text(tensor.name)));
      }
      tensor.values.push_back(value);
    }
    file.tensors.push_back(std::move(tensor));
  }
  if (offset != data_end) {
    throw InputError(fmt::format("{}: offset {}: {} bytes behind the last tensor: must be 0", path,
                                 offset, data_end - offset));
  }
  // Again, because the strict parser does not keep the order of the keys.
  file.header = parse_ordered_json(header, where);
  file.header.erase("tensors");
  return file;
}

}  // namespace kirchhoff::quant
