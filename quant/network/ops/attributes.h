#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "quant/network/shape.h"

namespace kirchhoff::quant {

/// Attributes of operators in a JSON description. InputErrors begin with `where`.

/// An integer in [low, high]; `otherwise` where the key is missing.
int optional_integer(const nlohmann::json& object, const char* key, const std::string& where,
                     int low, int high, int otherwise);
/// true or false; false where the key is missing.
bool flag(const nlohmann::json& object, const char* key, const std::string& where);
/// 5 or [height, width], each in [1, kMaxSide]; `otherwise` where the key is missing.
Extent optional_extent(const nlohmann::json& object, const char* key, const std::string& where,
                       const Extent& otherwise);
/// 1 or [top, left, bottom, right].
Padding optional_padding(const nlohmann::json& object, const std::string& where);

/// The same the other way round, in the shortest form.
nlohmann::ordered_json json_of(const Extent& extent);
nlohmann::ordered_json json_of(const Padding& padding);

/// kernel, stride, dilation and padding.
inline constexpr const char* kSweepKeys[] = {"kernel", "stride", "dilation", "padding"};
Sweep read_sweep(const nlohmann::json& object, const std::string& where, bool stride_is_kernel);
/// Adds them, what is the default left out.
void write_sweep(const Sweep& sweep, bool stride_is_kernel, nlohmann::ordered_json& object);

}  // namespace kirchhoff::quant
