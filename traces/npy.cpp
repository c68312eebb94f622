#include "traces/npy.h"

#include <stdexcept>

#include <fmt/format.h>

#include "base/atomic_file.h"

namespace kirchhoff {
namespace {

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "The elements are copied as they lie in memory, and the header says little endian."
#endif

constexpr std::size_t kAlignment = 64;

std::size_t element_count(const std::vector<std::size_t>& shape) {
  std::size_t count = 1;
  for (const std::size_t size : shape) count *= size;
  return count;
}

std::string header(const char* type, const std::vector<std::size_t>& shape) {
  // A Python tuple: "()", "(3,)", "(3, 4)".
  std::string tuple;
  for (const std::size_t size : shape) tuple += fmt::format("{}, ", size);
  if (!tuple.empty()) tuple.resize(tuple.size() - (shape.size() == 1 ? 1 : 2));
  std::string text =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", type, tuple);
  const std::size_t prefix = 10;  // magic, version, length
  const std::size_t unpadded = prefix + text.size() + 1;
  text.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  text += '\n';
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(text.size() & 0xff);
  bytes += static_cast<char>(text.size() >> 8);
  return bytes + text;
}

template <typename Element>
void write(const std::string& path, const char* type, const Element* elements,
           const std::vector<std::size_t>& shape) {
  std::string contents = header(type, shape);
  contents.append(reinterpret_cast<const char*>(elements), element_count(shape) * sizeof(Element));
  write_file_atomically(path, contents);
}

template <typename Element>
void write_checked(const std::string& path, const std::vector<Element>& elements,
                   const std::vector<std::size_t>& shape) {
  if (elements.size() != element_count(shape)) {
    throw std::logic_error(fmt::format("{}: {} elements do not fill a shape of {}", path,
                                       elements.size(), element_count(shape)));
  }
  write_npy(path, elements.data(), shape);
}

}  // namespace

void write_npy(const std::string& path, const std::int32_t* elements,
               const std::vector<std::size_t>& shape) {
  write(path, "<i4", elements, shape);
}

void write_npy(const std::string& path, const std::int64_t* elements,
               const std::vector<std::size_t>& shape) {
  write(path, "<i8", elements, shape);
}

void write_npy(const std::string& path, const std::uint8_t* elements,
               const std::vector<std::size_t>& shape) {
  write(path, "|u1", elements, shape);
}

void write_npy(const std::string& path, const std::vector<std::int32_t>& elements,
               const std::vector<std::size_t>& shape) {
  write_checked(path, elements, shape);
}

void write_npy(const std::string& path, const std::vector<std::int64_t>& elements,
               const std::vector<std::size_t>& shape) {
  write_checked(path, elements, shape);
}

void write_npy(const std::string& path, const std::vector<std::uint8_t>& elements,
               const std::vector<std::size_t>& shape) {
  write_checked(path, elements, shape);
}

}  // namespace kirchhoff
