#include "quant/network/ops/attributes.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/json_input.h"
#include "quant/network/network.h"

namespace kirchhoff::quant {

int optional_integer(const nlohmann::json& object, const char* key, const std::string& where,
                     int low, int high, int otherwise) {
  if (!object.contains(key)) return otherwise;
  return static_cast<int>(integer_member(object, key, where, low, high));
}

bool flag(const nlohmann::json& object, const char* key, const std::string& where) {
  if (!object.contains(key)) return false;
  if (!object[key].is_boolean()) {
    throw InputError(
        fmt::format("{}: {} = {}: must be true or false", where, key, quoted(object[key])));
  }
  return object[key].get<bool>();
}

Extent optional_extent(const nlohmann::json& object, const char* key, const std::string& where,
                       const Extent& otherwise) {
  if (!object.contains(key)) return otherwise;
  const auto& value = object[key];
  const auto side = [&](const nlohmann::json& number, const std::string& name) {
    return static_cast<int>(integer_value(number, where + ": " + name, 1, kMaxSide));
  };
  if (!value.is_array()) return side(value, key);
  if (value.size() != 2) {
    throw InputError(
        fmt::format("{}: {} = {}: must be one side or [height, width]", where, key, quoted(value)));
  }
  return {side(value[0], fmt::format("{}[0]", key)), side(value[1], fmt::format("{}[1]", key))};
}

Padding optional_padding(const nlohmann::json& object, const std::string& where) {
  if (!object.contains("padding")) return 0;
  const auto& value = object["padding"];
  if (!value.is_array())
    return static_cast<int>(integer_value(value, where + ": padding", 0, kMaxSide));
  if (value.size() != 4) {
    throw InputError(
        fmt::format("{}: padding = {}: must be one number or [top, left, bottom, right]", where,
                    quoted(value)));
  }
  const auto at = [&](std::size_t i) {
    return static_cast<int>(
        integer_value(value[i], fmt::format("{}: padding[{}]", where, i), 0, kMaxSide));
  };
  return {at(0), at(1), at(2), at(3)};
}

nlohmann::ordered_json json_of(const Extent& extent) {
  if (extent.square()) return extent.height;
  return nlohmann::ordered_json::array({extent.height, extent.width});
}

nlohmann::ordered_json json_of(const Padding& padding) {
  if (padding.even()) return padding.top;
  return nlohmann::ordered_json::array({padding.top, padding.left, padding.bottom, padding.right});
}

Sweep read_sweep(const nlohmann::json& object, const std::string& where, bool stride_is_kernel) {
  Sweep sweep;
  member(object, "kernel", where);
  sweep.kernel = optional_extent(object, "kernel", where, 1);
  sweep.stride =
      optional_extent(object, "stride", where, stride_is_kernel ? sweep.kernel : Extent(1));
  sweep.dilation = optional_extent(object, "dilation", where, 1);
  sweep.padding = optional_padding(object, where);
  return sweep;
}

void write_sweep(const Sweep& sweep, bool stride_is_kernel, nlohmann::ordered_json& object) {
  object["kernel"] = json_of(sweep.kernel);
  if (sweep.stride != (stride_is_kernel ? sweep.kernel : Extent(1)))
    object["stride"] = json_of(sweep.stride);
  if (sweep.dilation != Extent(1)) object["dilation"] = json_of(sweep.dilation);
  if (sweep.padding != Padding(0)) object["padding"] = json_of(sweep.padding);
}

}  // namespace kirchhoff::quant
