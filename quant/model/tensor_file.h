#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace kirchhoff::quant {

struct NamedTensor {
  std::string name;
  std::vector<int> shape;
  std::vector<float> values;
  bool half = false;  ///< stored in half precision, to which the values are rounded
};

/// The container of models and of training checkpoints:
///   a line with the kind and the format version, "KIRCHHOFF-MODEL 1";
///   a line of JSON: the caller's header and "tensors": [{"name", "shape", "offset"}, ...], with
///   "type": "float16" for a tensor in half precision;
///   the tensors' values, little-endian float32 (or binary16), without gaps; offsets count from the
///   first of them; CRC-32 (zlib) of everything before it, little-endian.
struct TensorFile {
  nlohmann::ordered_json header;  ///< without "tensors"
  std::vector<NamedTensor> tensors;
};

/// `kind` is the first line without its end.
std::string encode_tensor_file(const std::string& kind, const TensorFile& file);
/// InputError names the file, the offset, what was found and what is allowed.
TensorFile decode_tensor_file(const std::string& kind, const std::string& bytes,
                              const std::string& path);

}  // namespace kirchhoff::quant
