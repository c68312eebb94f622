#include "quant/quantizer/clip_cache.h"

#include <cmath>
#include <filesystem>
#include <optional>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/cached_bytes.h"
#include "base/checksum.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/json_input.h"
#include "base/json_text.h"
#include "base/quote.h"
#include "base/warning.h"

namespace kirchhoff::quant {
namespace {

/// Part of the cache key: raise it when the clip search changes.
constexpr int kSettingsVersion = 5;
constexpr const char* kFormat = "kirchhoff-clips";
/// Clips of every channel of a large network have 20 MB.
constexpr std::size_t kMaxBytes = std::size_t{1} << 28;

using Clips = std::array<float, kMaxBits + 1>;

class Hash {
 public:
  void bytes(const void* data, std::size_t size) { digest_.add(data, size); }
  void integer(std::int64_t value) { bytes(&value, sizeof value); }
  void text(const std::string& value) {
    integer(static_cast<std::int64_t>(value.size()));
    bytes(value.data(), value.size());
  }
  void floats(const std::vector<float>& values) {
    integer(static_cast<std::int64_t>(values.size()));
    bytes(values.data(), values.size() * sizeof(float));
  }
  std::string hex() const { return fmt::format("{:016x}", digest_.value()); }

 private:
  Digest digest_;
};

/// Of the values, however the text is laid out: keys in order, numbers as the program writes them.
std::string checksum(const nlohmann::json& without_crc) {
  return fmt::format("{:08x}", crc32_of(json_line(without_crc)));
}

std::string cache_key(const Model& model, const Dataset& calibration,
                      const QuantizationOptions& options) {
  Hash hash;
  hash.integer(kSettingsVersion);
  hash.integer(static_cast<int>(options.clip));
  const double percentile = options.clip == ClipMethod::kPercentile ? options.percentile : 0.0;
  hash.bytes(&percentile, sizeof percentile);
  hash.integer(options.per_channel ? 1 : 0);
  hash.integer(options.bias_correction ? 1 : 0);
  for (const LayerId l : model.layers.ids()) {
    const Layer& layer = model.network.layers[l];
    for (const int value :
         {layer.input.channels, layer.input.height, layer.input.width, layer.out_channels,
          layer.kernel_height, layer.kernel_width, layer.stride.height, layer.padding.top,
          layer.function.is_none() ? 0 : 1, layer.pool}) {
      hash.integer(value);
    }
    // As the number of the layer that makes it, and -1 for the image.
    for (const TensorId input : layer.inputs) hash.integer(index(input) - 1);
    hash.floats(model.layers[l].weights);
    hash.floats(model.layers[l].bias);
  }
  // The numbers above are all that a plain network has.
  if (!model.network.is_plain()) hash.text(stages_text(model.network));
  hash.text(calibration.name);
  hash.integer(static_cast<std::int64_t>(calibration.pixels.size()));
  hash.bytes(calibration.pixels.data(), calibration.pixels.size());
  return hash.hex();
}

template <class Id>
bool read_clips(const nlohmann::json& rows, const Network& network,
                IndexedVector<Id, Clips>& clips) {
  if (!rows.is_array() || rows.size() != network.layers.items().size()) return false;
  for (const nlohmann::json& row : rows) {
    if (!row.is_array() || row.size() != kMaxBits + 1) return false;
    Clips& values = clips.emplace_back();
    for (std::size_t bits = 0; bits <= kMaxBits; ++bits) {
      if (!row[bits].is_number()) return false;
      values[bits] = row[bits].get<float>();
      const bool used = bits >= static_cast<std::size_t>(kMinBits);
      if (used && (!std::isfinite(values[bits]) || values[bits] <= 0.0f)) return false;
    }
  }
  return true;
}

bool read_finite(const nlohmann::json& row, std::size_t count, bool positive,
                 std::vector<float>& values) {
  if (!row.is_array() || row.size() != count) return false;
  for (const nlohmann::json& value : row) {
    if (!value.is_number()) return false;
    values.push_back(value.get<float>());
    if (!std::isfinite(values.back()) || (positive && values.back() <= 0.0f)) return false;
  }
  return true;
}

/// Clips of every channel; a layer without them has an empty row for every width.
bool read_channels(const nlohmann::json& rows, const Network& network, ClipTable& clips) {
  if (!rows.is_array() || rows.size() != network.layers.items().size()) return false;
  for (const LayerId l : network.layers.ids()) {
    auto& layer = clips.channel.emplace_back();
    const nlohmann::json& row = rows[index(l)];
    if (!row.is_array() || row.size() != layer.size()) return false;
    for (std::size_t bits = kMinBits; bits < layer.size(); ++bits) {
      const Layer& shape = network.layers[l];
      const bool has_own = shape.has_weights() && !network.is_output(l);
      const std::size_t count = has_own ? static_cast<std::size_t>(shape.out_channels) : 0;
      if (!read_finite(row[bits], count, true, layer[bits])) return false;
    }
  }
  return true;
}

bool read_means(const nlohmann::json& rows, const Network& network, ClipTable& clips) {
  if (!rows.is_array() || rows.size() != network.layers.items().size()) return false;
  for (const LayerId l : network.layers.ids()) {
    const auto channels = static_cast<std::size_t>(network.layers[l].input.channels);
    if (!read_finite(rows[index(l)], channels, false, clips.input_mean.emplace_back()))
      return false;
  }
  return true;
}

std::optional<ClipTable> read_cache(const std::string& path, const std::string& key,
                                    const Network& network, const QuantizationOptions& options) {
  const std::optional<std::string> text = cached_bytes(path, kMaxBytes);
  if (!text) return std::nullopt;
  const auto damaged = [&](const std::string& reason) {
    warn(fmt::format("{}; computed anew", reason));
    return std::nullopt;
  };
  nlohmann::json json;
  try {
    json = parse_json(*text, shown_path(path));
  } catch (const InputError& error) {
    return damaged(error.what());
  }
  if (!json.is_object() || json.value("format", nlohmann::json()) != kFormat ||
      json.value("key", nlohmann::json()) != key) {
    return std::nullopt;
  }
  const nlohmann::json stored = json.value("crc32", nlohmann::json());
  json.erase("crc32");
  if (stored != checksum(json)) return damaged(shown_path(path) + ": wrong checksum");
  ClipTable clips;
  const auto part = [&](const char* name) { return json.value(name, nlohmann::json()); };
  if (!read_clips(part("weight"), network, clips.weight) ||
      !read_clips(part("activation"), network, clips.activation) ||
      (options.per_channel && !read_channels(part("channel"), network, clips)) ||
      (options.bias_correction && !read_means(part("input_mean"), network, clips))) {
    return std::nullopt;
  }
  return clips;
}

void write_cache(const std::string& directory, const std::string& path, const std::string& key,
                 const ClipTable& clips) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  nlohmann::json json = {{"format", kFormat},
                         {"key", key},
                         {"weight", clips.weight.items()},
                         {"activation", clips.activation.items()},
                         {"channel", clips.channel.items()},
                         {"input_mean", clips.input_mean.items()}};
  json["crc32"] = checksum(json);
  try {
    write_file_atomically(path, json_text(json, 1));
  } catch (const RunError&) {
    // A read-only or full cache must not stop the work: the next run calibrates again.
  }
}

ClipTable cached_clips(const Model& model, const Dataset& calibration, const ActivationPass& pass,
                       const std::string& shipped_dir, const std::string& cache_dir,
                       const QuantizationOptions& options) {
  if (shipped_dir.empty() && cache_dir.empty()) return calibrate(model, pass, options);
  const std::string key = cache_key(model, calibration, options);
  const auto in = [&](const std::string& directory) {
    const std::string name =
        fmt::format("clips-{}-{}-{}.json", model.network.name, calibration.name, key);
    return (std::filesystem::path(directory) / name).string();
  };
  for (const std::string& directory : {shipped_dir, cache_dir}) {
    if (directory.empty()) continue;
    if (const auto known = read_cache(in(directory), key, model.network, options)) return *known;
  }
  ClipTable clips = calibrate(model, pass, options);
  if (!cache_dir.empty()) write_cache(cache_dir, in(cache_dir), key, clips);
  return clips;
}

}  // namespace

ClipTable calibrate_cached(const Model& model, const Dataset& calibration,
                           const ActivationPass& pass, const std::string& shipped_dir,
                           const std::string& cache_dir, const QuantizationOptions& options) {
  // Files hold the clips of linear weights, from which those of codebooks follow.
  QuantizationOptions linear = options;
  linear.weights = WeightQuantizer::kLinear;
  ClipTable clips = cached_clips(model, calibration, pass, shipped_dir, cache_dir, linear);
  if (options.weights == WeightQuantizer::kKmeans) use_codebooks(clips);
  return clips;
}

}  // namespace kirchhoff::quant
