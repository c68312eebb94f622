#pragma once

#include <map>
#include <string>
#include <vector>

#include "quant/model/tensor_file.h"

namespace kirchhoff::quant {

/// A file of tensors as Hugging Face's safetensors has them, which PyTorch, JAX and others read and
/// write: eight bytes with the length of a header, little-endian; the header, JSON, {"name":
/// {"dtype", "shape", "data_offsets": [begin, end]}, ..., "__metadata__": {text: text}}; the
/// values, little-endian, without gaps. Ours have a metadata entry "crc32", the values' checksum
/// (zlib, hexadecimal), which is checked wherever it is found.
struct SafeTensors {
  std::map<std::string, std::string> metadata;  ///< without "crc32"
  std::vector<NamedTensor> tensors;             ///< in the order of their values in the file
};

std::string encode_safetensors(const SafeTensors& file);
/// Takes F64, F32, F16 and BF16; tensors of integers (counters of a training) are passed over.
/// InputError names the file, the tensor or offset, what was found and what is allowed.
SafeTensors decode_safetensors(const std::string& bytes, const std::string& path);

}  // namespace kirchhoff::quant
