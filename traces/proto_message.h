#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace kirchhoff {

/// Writes a message in the wire format of Protocol Buffers
/// (https://protobuf.dev/programming-guides/encoding): fields one after the other, each with its
/// number and type before it. Kept and cleared, it allocates nothing.
///
/// The library for this, libprotobuf, comes with ONNX, but only into a module that is loaded when a
/// network is imported. It would come into every start of the program for four kinds of fields, and
/// build a tree of objects for every event while the chip runs.
class ProtoMessage {
 public:
  void clear() { bytes_.clear(); }
  const std::string& bytes() const { return bytes_; }

  /// Of any integer type and enum; negative numbers as the format has them, in ten bytes.
  void integer(int field, std::uint64_t value) {
    varint(static_cast<std::uint64_t>(field) << 3);
    varint(value);
  }
  void fixed64(int field, std::uint64_t value) {
    varint(static_cast<std::uint64_t>(field) << 3 | 1);
    for (int byte = 0; byte < 8; ++byte) bytes_ += static_cast<char>(value >> (8 * byte));
  }
  void real(int field, double value) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    fixed64(field, bits);
  }
  /// A string, or another message.
  void text(int field, std::string_view value) { append_text(bytes_, field, value); }
  /// The same behind what has been written already.
  static void append_text(std::string& out, int field, std::string_view value) {
    append_varint(out, static_cast<std::uint64_t>(field) << 3 | 2);
    append_varint(out, value.size());
    out += value;
  }

 private:
  static void append_varint(std::string& out, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
    out += static_cast<char>(value);
  }
  void varint(std::uint64_t value) { append_varint(bytes_, value); }

  std::string bytes_;
};

}  // namespace kirchhoff
