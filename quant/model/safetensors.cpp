#include "quant/model/safetensors.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <Eigen/Core>
#include <fmt/format.h>

#include "base/checksum.h"
#include "base/error.h"
#include "base/json_input.h"
#include "base/json_text.h"
#include "base/quote.h"

namespace kirchhoff::quant {
namespace {

constexpr std::size_t kLengthBytes = 8;
/// The format's own limit.
constexpr std::uint64_t kMaxHeader = 100'000'000;
constexpr const char* kMetadata = "__metadata__";
constexpr const char* kChecksum = "crc32";

template <class Number>
Number read_number(const char* bytes) {
  Number number{};
  std::memcpy(&number, bytes, sizeof number);  // x86-64 is little-endian, as the format
  return number;
}

float half_value(const char* bytes) {
  return Eigen::half_impl::half_to_float(
      Eigen::half_impl::raw_uint16_to_half(read_number<std::uint16_t>(bytes)));
}

/// The upper half of a float32.
float bfloat_value(const char* bytes) {
  const std::uint32_t word = std::uint32_t{read_number<std::uint16_t>(bytes)} << 16;
  return read_number<float>(reinterpret_cast<const char*>(&word));
}

struct Type {
  const char* name;
  std::size_t bytes;
  float (*value)(const char* bytes);  ///< null: passed over
};

constexpr std::array<Type, 13> kTypes{{
    {"F64", 8, [](const char* b) { return static_cast<float>(read_number<double>(b)); }},
    {"F32", 4, [](const char* b) { return read_number<float>(b); }},
    {"F16", 2, half_value},
    {"BF16", 2, bfloat_value},
    {"I64", 8, nullptr},
    {"I32", 4, nullptr},
    {"I16", 2, nullptr},
    {"I8", 1, nullptr},
    {"U64", 8, nullptr},
    {"U32", 4, nullptr},
    {"U16", 2, nullptr},
    {"U8", 1, nullptr},
    {"BOOL", 1, nullptr},
}};

const Type& type_of(const std::string& name, const std::string& where) {
  const auto* const found =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const Type& t) { return name == t.name; });
  if (found == kTypes.end()) {
    throw InputError(
        fmt::format("{}: dtype = {}: must be F64, F32, F16 or BF16", where, quoted_text(name)));
  }
  return *found;
}

void append_values(const NamedTensor& tensor, std::string& bytes) {
  const auto append = [&bytes](const auto& number) {
    bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
  };
  for (const float value : tensor.values) {
    if (tensor.half) {
      append(static_cast<std::uint16_t>(Eigen::half(value).x));
    } else {
      append(value);
    }
  }
}

std::string checksum(std::string_view values) { return fmt::format("{:08x}", crc32_of(values)); }

/// A tensor and where its values lie.
struct Entry {
  NamedTensor tensor;
  const Type* type = nullptr;
  std::size_t begin = 0, end = 0;
};

Entry read_entry(const std::string& name, const nlohmann::json& json, std::size_t data_bytes,
                 const std::string& where) {
  const std::string here = fmt::format("{}: tensor {}", where, quoted_text(name));
  check_keys(json, here, {"dtype", "shape", "data_offsets"});
  Entry entry;
  entry.tensor.name = name;
  entry.type = &type_of(string_member(json, "dtype", here), here);
  entry.tensor.half = entry.type->bytes == 2 && entry.type->value == half_value;
  const auto& offsets = array_member(json, "data_offsets", here);
  if (offsets.size() != 2)
    throw InputError(fmt::format("{}: data_offsets = {}: must be two", here, quoted(offsets)));
  const auto most = static_cast<long long>(data_bytes);
  const long long begin = integer_value(offsets[0], here + ": data_offsets", 0, most);
  const long long end = integer_value(offsets[1], here + ": data_offsets", begin, most);
  entry.begin = static_cast<std::size_t>(begin);
  entry.end = static_cast<std::size_t>(end);
  const auto values = (end - begin) / static_cast<long long>(entry.type->bytes);
  long long product = 1;
  for (const auto& side : array_member(json, "shape", here)) {
    // No side and no product beyond the values, so that nothing can overflow.
    const long long length = integer_value(side, here + ": shape", 0, std::max(values, 1LL));
    entry.tensor.shape.push_back(static_cast<int>(length));
    product = std::min(product * length, values + 1);
  }
  if (product != values || (end - begin) % static_cast<long long>(entry.type->bytes) != 0) {
    throw InputError(fmt::format("{}: {} bytes for a shape of {} values of {}", here, end - begin,
                                 product > values ? "more" : fmt::format("{}", product),
                                 entry.type->name));
  }
  return entry;
}

}  // namespace

std::string encode_safetensors(const SafeTensors& file) {
  std::string values;
  nlohmann::ordered_json header;
  header[kMetadata] = file.metadata;
  for (const NamedTensor& tensor : file.tensors) {
    const std::size_t begin = values.size();
    append_values(tensor, values);
    header[tensor.name] = {{"dtype", tensor.half ? "F16" : "F32"},
                           {"shape", tensor.shape},
                           {"data_offsets", {begin, values.size()}}};
  }
  header[kMetadata][kChecksum] = checksum(values);
  std::string text = json_line(header);
  text.append((kLengthBytes - text.size() % kLengthBytes) % kLengthBytes, ' ');
  const std::uint64_t length = text.size();
  std::string bytes(kLengthBytes, '\0');
  std::memcpy(bytes.data(), &length, kLengthBytes);
  return bytes + text + values;
}

SafeTensors decode_safetensors(const std::string& bytes, const std::string& path) {
  if (bytes.size() < kLengthBytes) {
    throw InputError(fmt::format("{}: offset 0: {} bytes: must begin with the length of a header",
                                 path, bytes.size()));
  }
  const auto length = read_number<std::uint64_t>(bytes.data());
  if (length > kMaxHeader || length > bytes.size() - kLengthBytes) {
    throw InputError(fmt::format(
        "{}: offset 0: a header of {} bytes: must be at most {}, the rest of the file", path,
        length, std::min<std::uint64_t>(kMaxHeader, bytes.size() - kLengthBytes)));
  }
  const std::string where = fmt::format("{}: offset {}", path, kLengthBytes);
  const auto header = parse_json(bytes.substr(kLengthBytes, length), where);
  if (!header.is_object())
    throw InputError(fmt::format("{}: {}: must be an object", where, quoted(header)));
  const std::size_t data = kLengthBytes + length;
  SafeTensors file;
  std::vector<Entry> entries;
  for (const auto& item : header.items()) {
    if (item.key() != kMetadata) {
      entries.push_back(read_entry(item.key(), item.value(), bytes.size() - data, where));
      continue;
    }
    for (const auto& text : item.value().items()) {
      if (!text.value().is_string()) {
        throw InputError(fmt::format("{}: {}: {} = {}: must be a text", where, kMetadata,
                                     quoted_text(text.key()), quoted(text.value())));
      }
      file.metadata[text.key()] = text.value().get<std::string>();
    }
  }
  if (const auto stored = file.metadata.find(kChecksum); stored != file.metadata.end()) {
    const std::string computed = checksum(std::string_view(bytes).substr(data));
    if (stored->second != computed) {
      throw InputError(
          fmt::format("{}: offset {}: crc32 = {}: must be {}; the file is cut or "
                      "damaged",
                      path, data, quoted_text(stored->second), computed));
    }
    file.metadata.erase(stored);
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  std::size_t at = 0;
  for (Entry& entry : entries) {
    if (entry.begin != at) {
      throw InputError(
          fmt::format("{}: tensor {}: begins at {}: must be {}, where the one before "
                      "it ends",
                      where, quoted_text(entry.tensor.name), entry.begin, at));
    }
    at = entry.end;
    if (entry.type->value == nullptr) continue;
    entry.tensor.values.reserve((entry.end - entry.begin) / entry.type->bytes);
    for (std::size_t i = entry.begin; i < entry.end; i += entry.type->bytes) {
      const float value = entry.type->value(bytes.data() + data + i);
      if (!std::isfinite(value)) {
        throw InputError(fmt::format("{}: offset {}: value {} of {}: must be finite", path,
                                     data + i, value, quoted_text(entry.tensor.name)));
      }
      entry.tensor.values.push_back(value);
    }
    file.tensors.push_back(std::move(entry.tensor));
  }
  if (data + at != bytes.size()) {
    throw InputError(fmt::format("{}: offset {}: {} bytes behind the last tensor: must be 0", path,
                                 data + at, bytes.size() - data - at));
  }
  return file;
}

}  // namespace kirchhoff::quant
