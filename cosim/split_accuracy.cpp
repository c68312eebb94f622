#include "cosim/split_accuracy.h"

#include <cmath>
#include <optional>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/cache_folder.h"
#include "base/digest.h"
#include "quant/accuracy/logits_file.h"

namespace kirchhoff::cosim {
namespace {

template <typename T>
void add(Digest& digest, const std::vector<T>& values, std::size_t count) {
  digest.add(values.data(), count * sizeof(T));
}

std::string hexadecimal(const Digest& digest) { return fmt::format("{:016x}", digest.value()); }

std::string model_digest(const quant::Model& model) {
  Digest digest;
  const std::string stages = quant::stages_text(model.network);
  for (const quant::Layer& layer : model.network.layers) {
    const int geometry[] = {layer.input.channels, layer.input.height,  layer.input.width,
                            layer.out_channels,   layer.kernel_height, layer.kernel_width,
                            layer.stride.height,  layer.padding.top,   layer.pool};
    digest.add(geometry, sizeof geometry);
  }
  // Of a plain network that is all of its geometry.
  if (!model.network.is_plain()) digest.add(stages.data(), stages.size());
  for (const quant::FloatLayer& layer : model.layers) {
    add(digest, layer.weights, layer.weights.size());
    add(digest, layer.bias, layer.bias.size());
  }
  return hexadecimal(digest);
}

std::string clips_digest(const quant::ClipTable& clips) {
  Digest digest;
  const auto add_clips = [&digest](const auto& table) {
    for (const auto& its : table) {
      for (int bits = quant::kMinBits; bits <= quant::kMaxSearchBits; ++bits)
        digest.add(&its[bits], sizeof its[bits]);
    }
  };
  add_clips(clips.weight);
  add_clips(clips.activation);
  for (const auto& layer : clips.channel) {
    for (const std::vector<float>& channels : layer) add(digest, channels, channels.size());
  }
  for (const std::vector<float>& means : clips.input_mean) add(digest, means, means.size());
  // Said only where it is not what it always was, so that digests stay.
  if (clips.weights != quant::WeightQuantizer::kLinear)
    digest.add(&clips.weights, sizeof clips.weights);
  return hexadecimal(digest);
}

std::string images_digest(const quant::Dataset& data, std::size_t images) {
  Digest digest;
  add(digest, data.pixels, images * static_cast<std::size_t>(data.shape.size()));
  add(digest, data.labels, images);
  return hexadecimal(digest);
}

/// The same, but the reference's logits of all images come from a file once they are known.
quant::AccuracyRace::Infer remember_reference(quant::AccuracyRace::Infer infer,
                                              const quant::Policy& reference, std::size_t images,
                                              const std::string& fingerprint) {
  const std::string path = cache_path("logits-" + fingerprint + ".bin");
  if (path.empty()) return infer;
  return [infer = std::move(infer), reference = reference.to_string(), images, fingerprint, path](
             const quant::Policy& policy, std::size_t first, std::size_t count) {
    if (first != 0 || count != images || policy.to_string() != reference)
      return infer(policy, first, count);
    if (std::optional<quant::ImageLogits> known = quant::load_logits(path, fingerprint, images))
      return *std::move(known);
    quant::ImageLogits logits = infer(policy, first, count);
    quant::store_logits(path, fingerprint, logits);
    return logits;
  };
}

/// A race adds up the divergence in two parts, whose sum may differ in its last digits from that of
/// all images in one go: what differs so is not remembered together.
std::string memo_fingerprint(const std::string& fingerprint, std::size_t images,
                             const quant::RaceOptions& options) {
  if (options.first_images == 0 || options.first_images >= images) return fingerprint;
  return fmt::format("{}-{}", fingerprint, options.first_images);
}

quant::AccuracyMemo memo_of(const std::string& fingerprint, std::size_t images,
                            const quant::RaceOptions& options) {
  const std::string name = memo_fingerprint(fingerprint, images, options);
  return {cache_path("accuracy-" + name + ".txt"), name};
}

/// Divergences from a teacher are others than those from the policy's own reference.
std::string taught_fingerprint(const std::string& fingerprint, const SplitAccuracy::Teacher& by) {
  if (!by.infer) return fingerprint;
  Digest digest;
  for (const std::string& part : {fingerprint, by.fingerprint})
    digest.add(part.data(), part.size());
  return hexadecimal(digest);
}

agent::Score score_of(const quant::AccuracyRace::Result& result) {
  return {result.accuracy_pct, result.divergence(), result.comparison.error_points()};
}

}  // namespace

agent::RunConfig workload_settings(Workload& workload, const quant::Dataset& split,
                                   std::size_t images) {
  agent::RunConfig settings{{"network", workload.network().name},
                            {"dataset", workload.options().dataset},
                            {"digest.model", model_digest(workload.model())},
                            {"digest.clips", clips_digest(workload.quantizer().clips())},
                            {"digest.images", images_digest(split, images)}};
  const quant::WeightQuantizer weights = workload.options().quantization.weights;
  if (weights != quant::WeightQuantizer::kLinear)
    settings["weight_quantizer"] = quant::weight_quantizer_name(weights);
  return settings;
}

std::string accuracy_fingerprint(const agent::RunConfig& settings, const std::string& how) {
  Digest digest;
  digest.add(how.data(), how.size());
  for (const char* key : {"digest.model", "digest.clips", "digest.images"}) {
    const std::string& value = settings.at(key);
    digest.add(value.data(), value.size());
  }
  return hexadecimal(digest);
}

SplitAccuracy::SplitAccuracy(quant::AccuracyRace::Infer infer, const quant::Network& network,
                             const quant::Dataset& split, std::size_t images,
                             const quant::RaceOptions& options, const std::string& fingerprint,
                             const Teacher& teacher)
    : labels_(split.labels.begin(), split.labels.begin() + static_cast<std::ptrdiff_t>(images)),
      memo_(memo_of(taught_fingerprint(fingerprint, teacher), images, options)),
      race_(remember_reference(std::move(infer), quant::Policy::uniform(network, 8, 8), images,
                               fingerprint),
            labels_, quant::Policy::uniform(network, 8, 8), options, memo_,
            teacher.infer ? remember_reference(teacher.infer, quant::Policy::uniform(network, 8, 8),
                                               images, teacher.fingerprint)
                          : nullptr) {}

SplitAccuracy::SplitAccuracy(quant::AccuracyEngine& engine, const quant::Dataset& split,
                             std::size_t images, const quant::RaceOptions& options,
                             const std::string& fingerprint, const Teacher& teacher)
    : SplitAccuracy(
          [&engine](const quant::Policy& policy, std::size_t first, std::size_t count) {
            return engine.real_logits(policy, first, count);
          },
          engine.network(), split, images, options, fingerprint, teacher) {}

agent::Score SplitAccuracy::score(const quant::Policy& policy) {
  return score_of(race_.run(policy));
}

agent::Score SplitAccuracy::whole_score(const quant::Policy& policy) {
  return score_of(race_.run(policy, true));
}

std::string SplitAccuracy::measure(const quant::Policy& policy, bool whole) {
  const quant::AccuracyMemo::Unfiled by_who_asks(memo_);
  race_.run(policy, whole);
  return fmt::format("{}", fmt::join(memo_.values_of(policy.to_string()), "\n"));
}

void SplitAccuracy::learn(const std::string& measured) {
  std::istringstream lines(measured);
  for (std::string line; std::getline(lines, line);) memo_.learn(line);
}

std::optional<agent::Sensitivities> SplitAccuracy::gradient_sensitivities(
    quant::GradientLoss loss) {
  if (!gradients_) return std::nullopt;
  return gradients_(loss);
}

double SplitAccuracy::float_pct(const std::function<double()>& measure) {
  constexpr const char* kFloat = "float";  // no policy is called so
  std::optional<quant::Comparison> known = memo_.find(kFloat, labels_.size());
  if (!known) {
    known.emplace();
    known->images = labels_.size();
    known->correct = static_cast<std::size_t>(
        std::lround(measure() / 100.0 * static_cast<double>(labels_.size())));
    memo_.store(kFloat, *known);
  }
  return known->pct();
}

}  // namespace kirchhoff::cosim
