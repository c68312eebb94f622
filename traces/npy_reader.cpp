#include "traces/npy_reader.h"

#include <cctype>
#include <charconv>
#include <cstring>

#include <fmt/format.h>

#include "base/error.h"
#include "base/input_file.h"
#include "base/quote.h"

namespace kirchhoff {
namespace {

constexpr char kMagic[] = "\x93NUMPY";
constexpr std::size_t kMostBytes = std::size_t{1} << 28;

/// The text behind "'KEY':" in the header, which is a Python dictionary.
std::string entry(const std::string& header, const char* key, const std::string& where) {
  const std::string marker = fmt::format("'{}':", key);
  std::size_t begin = header.find(marker);
  if (begin == std::string::npos) {
    throw InputError(fmt::format("{}: {} is missing in its header", where, key));
  }
  begin = header.find_first_not_of(' ', begin + marker.size());
  if (begin == std::string::npos) return "";
  const char last = header[begin] == '(' ? ')' : ',';
  const std::size_t end = header.find(last, begin);
  return header.substr(begin, end == std::string::npos ? end : end - begin);
}

std::vector<std::size_t> shape_of(const std::string& tuple, const std::string& where) {
  std::vector<std::size_t> shape;
  for (const char* at = tuple.data(); at != tuple.data() + tuple.size();) {
    if (std::isdigit(static_cast<unsigned char>(*at)) == 0) {
      ++at;
      continue;
    }
    std::size_t size = 0;
    const auto [stop, error] = std::from_chars(at, tuple.data() + tuple.size(), size);
    if (error != std::errc{} || size > kMostBytes) {
      throw InputError(fmt::format("{}: shape = {}: too large", where, quote(tuple)));
    }
    shape.push_back(size);
    at = stop;
  }
  return shape;
}

}  // namespace

IntegerArray parse_npy(const std::string& bytes, const std::string& where) {
  const std::size_t magic = sizeof kMagic - 1;
  if (bytes.compare(0, magic, kMagic) != 0 || bytes.size() < magic + 4) {
    throw InputError(fmt::format("{}: is no NumPy file", where));
  }
  const auto byte = [&](std::size_t at) {
    return static_cast<std::size_t>(static_cast<unsigned char>(bytes[at]));
  };
  // Format 1.0 has two bytes for the header's length, later ones have four.
  const std::size_t length_bytes = byte(magic) == 1 ? 2 : 4;
  const std::size_t prefix = magic + 2 + length_bytes;
  if (bytes.size() < prefix) throw InputError(fmt::format("{}: is cut short", where));
  std::size_t length = 0;
  for (std::size_t i = length_bytes; i-- > 0;) length = length << 8 | byte(magic + 2 + i);
  if (length > bytes.size() - prefix) throw InputError(fmt::format("{}: is cut short", where));
  const std::string header = bytes.substr(prefix, length);

  const std::string type = entry(header, "descr", where);
  if (type != "'<i8'") {
    throw InputError(
        fmt::format("{}: descr = {}: must be '<i8', 64-bit integers", where, quoted_text(type)));
  }
  const std::string order = entry(header, "fortran_order", where);
  if (order != "False") {
    throw InputError(
        fmt::format("{}: fortran_order = {}: must be False", where, quoted_text(order)));
  }
  IntegerArray array;
  array.shape = shape_of(entry(header, "shape", where), where);
  const std::size_t there = (bytes.size() - prefix - length) / sizeof(std::int64_t);
  std::size_t count = 1;
  for (const std::size_t size : array.shape) {
    count *= size;
    if (count > there) break;  // before it overflows
  }
  if (count != there || (bytes.size() - prefix - length) % sizeof(std::int64_t) != 0) {
    throw InputError(fmt::format("{}: {} bytes of elements: do not fill its shape", where,
                                 bytes.size() - prefix - length));
  }
  array.elements.resize(count);
  std::memcpy(array.elements.data(), bytes.data() + prefix + length, count * sizeof(std::int64_t));
  return array;
}

IntegerArray read_npy(const std::string& path) {
  return parse_npy(file_bytes(path, kMostBytes), path);
}

}  // namespace kirchhoff
