#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kirchhoff::quant {

/// An IDX file of images: magic 0x00000803, three big-endian sizes, one byte per pixel.
struct IdxImages {
  int count = 0;
  int rows = 0;
  int columns = 0;
  std::vector<std::uint8_t> pixels;  ///< count x rows x columns
};

/// Read an IDX file, plain or gzip (told by its contents, not by its name). InputError names the
/// file, the offset (in the decompressed data, except for damaged gzip data), what was found and
/// what is allowed.
IdxImages read_idx_images(const std::string& path);
/// Labels: magic 0x00000801, one big-endian size, one byte per label in [0, classes).
std::vector<std::uint8_t> read_idx_labels(const std::string& path, int classes);

}  // namespace kirchhoff::quant
