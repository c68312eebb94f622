#include "quant/torch/trainer.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <numeric>

#include <fmt/format.h>
#include <malloc.h>
#include <torch/torch.h>
#include <zlib.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/input_file.h"
#include "base/json_input.h"
#include "base/portable_math.h"
#include "base/quote.h"
#include "base/random.h"
#include "base/stop_request.h"
#include "quant/accuracy/image_blocks.h"
#include "quant/float/float_network.h"
#include "quant/model/tensor_file.h"
#include "quant/network/resized.h"
#include "quant/torch/optimizer.h"
#include "quant/torch/portable_layers.h"
#include "quant/torch/predictions.h"
#include "quant/torch/torch_network.h"
#include "quant/training/checkpoint.h"

namespace kirchhoff::quant {
namespace {

constexpr std::size_t kStatisticsImages = 5000;  // that batch norm is folded with
constexpr std::size_t kStatisticsBatch = 250;
constexpr std::uint64_t kStatisticsStream = ~std::uint64_t{0};  // of chance; epochs have the others

std::vector<float> to_vector(const torch::Tensor& tensor) {
  const auto values = tensor.detach().cpu().contiguous();
  const float* first = values.data_ptr<float>();
  return {first, first + values.numel()};
}

/// He et al.'s uniform initialisation, drawn without LibTorch so that no version changes it.
std::vector<float> initial_parameters(const Network& network, bool batch_norm, std::uint64_t seed) {
  std::mt19937_64 engine = random_stream(seed, 0);
  std::vector<float> flat;
  for (const LayerId l : network.weight_layers()) {
    const Layer& layer = network.layers[l];
    const double bound = std::sqrt((layer.function.is_none() ? 3.0 : 6.0) / layer.rows());
    for (long long i = 0; i < 1LL * layer.rows() * layer.out_channels; ++i) {
      flat.push_back(static_cast<float>(bound * (2.0 * uniform_unit(engine) - 1.0)));
    }
    const auto outputs = static_cast<std::size_t>(layer.out_channels);
    if (batch_norm && layer.kind == LayerKind::kConvolution) {
      flat.insert(flat.end(), outputs, 1.0f);
    }
    flat.insert(flat.end(), outputs, 0.0f);
  }
  return flat;
}

/// Maps that a step frees are asked for again by the next one. The C library would give large ones
/// back to the system, which clears every page anew: a sixth of MobileNetV2's time.
void keep_freed_memory() {
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
}

/// How the network of a training computes.
TorchNetworkOptions network_options(const TrainingOptions& options) {
  TorchNetworkOptions result;
  result.device = options.device;
  result.batch_norm = options.batch_norm;
  result.bf16 = options.bf16;
  if (options.fine_tuning) result.quantization = options.fine_tuning->quantization;
  return result;
}

/// Rows or columns of an image in the small epochs.
int small_side(int side) { return std::max(1, side * 3 / 4); }

std::uint32_t fingerprint(const Dataset& data) {
  uLong crc = crc32_z(0, nullptr, 0);
  crc = crc32_z(crc, data.pixels.data(), data.pixels.size());
  crc = crc32_z(crc, data.labels.data(), data.labels.size());
  return static_cast<std::uint32_t>(crc);
}

/// Everything that a training computes with, except the images.
class Training {
 public:
  Training(const Network& network, const TrainingOptions& options, std::size_t images)
      : options_(options),
        network_(network, network_options(options)),
        optimizer_(
            Optimizer::create(options.optimizer, options.weight_decay, network_.weight_mask())),
        steps_per_epoch_((images + options.batch - 1) / options.batch) {
    std::vector<float> first;
    if (options.fine_tuning) {
      first = network_.flatten(options.fine_tuning->start.layers);
      first.resize(static_cast<std::size_t>(network_.parameters().numel()), 0.0f);
    } else {
      first = initial_parameters(network, options.batch_norm, options.seed);
    }
    network_.assign(first);
    average_ = network_.parameters().clone();
  }

  torch::Device device() const { return network_.parameters().device(); }

  /// One step on a batch; returns the loss.
  double step(const torch::Tensor& images, const torch::Tensor& labels, std::int64_t step_index) {
    network_.gradients().zero_();
    network_.draw_noise(static_cast<std::uint64_t>(step_index));
    const auto loss =
        portable_cross_entropy(network_.forward(images), labels, options_.label_smoothing);
    loss.backward();
    const torch::NoGradGuard no_grad;
    optimizer_->step(network_.parameters(), network_.gradients(), learning_rate(step_index),
                     step_index);
    network_.clamp_scales();
    // Young averages forget faster, so that the random start leaves no trace.
    const auto count = static_cast<double>(step_index + 1);
    const double decay = std::min(options_.average_decay, (1.0 + count) / (10.0 + count));
    average_.add_((network_.parameters() - average_).mul_(1.0 - decay));
    return loss.item<double>();
  }

  std::int64_t steps_per_epoch() const { return static_cast<std::int64_t>(steps_per_epoch_); }

  /// Fills in the average of the weights and returns the accuracy on `validation` in percent. Batch
  /// norm is folded with the statistics of some images of `train`, because those that the steps saw
  /// belong to other weights. They are changed as those of the steps are: the weights have learned
  /// to live with such statistics.
  double measure(const Dataset& train, const Dataset& validation, Model& model) const {
    TorchNetwork averaged(model.network, network_options(options_));
    averaged.assign(to_vector(average_));
    IndexedVector<LayerId, ChannelStatistics> statistics;
    if (options_.batch_norm) {
      statistics = averaged.statistics([&](const auto& use) {
        std::vector<std::size_t> indices(std::min(train.size(), kStatisticsImages));
        // Spread over the set, whose order may follow the classes.
        for (std::size_t i = 0; i < indices.size(); ++i) {
          indices[i] = i * train.size() / indices.size();
        }
        std::mt19937_64 engine = random_stream(options_.seed, kStatisticsStream);
        const Shape& shape = train.shape;
        for (std::size_t begin = 0; begin < indices.size(); begin += kStatisticsBatch) {
          const std::size_t end = std::min(begin + kStatisticsBatch, indices.size());
          auto images = torch::empty(
              {static_cast<std::int64_t>(end - begin), shape.channels, shape.height, shape.width});
          fill_augmented_batch(train, indices, begin, end, options_.augmentation, engine,
                               images.template data_ptr<float>());
          use(images.to(device()));
        }
      });
    }
    model.layers = averaged.layers(statistics);
    if (options_.half) {
      for (FloatLayer& layer : model.layers) {
        for (std::vector<float>* values : {&layer.weights, &layer.bias}) {
          for (float& value : *values) value = static_cast<float>(c10::Half(value));
        }
      }
    }
    if (!options_.fine_tuning) return float_accuracy_pct(model, validation, at::get_num_threads());
    model.clips = averaged.clips();
    return accuracy_pct(predictions(averaged, model.network, validation), validation);
  }

  std::vector<NamedTensor> tensors() const {
    std::vector<NamedTensor> tensors;
    for (const auto& [name, tensor] : state()) {
      tensors.push_back({name, {static_cast<int>(tensor.numel())}, to_vector(tensor)});
    }
    return tensors;
  }

  void restore(const std::vector<NamedTensor>& tensors, const std::string& path) {
    const torch::NoGradGuard no_grad;
    const auto targets = state();
    if (tensors.size() != targets.size()) {
      throw InputError(
          fmt::format("{}: {} tensors: must be {}", path, tensors.size(), targets.size()));
    }
    for (std::size_t t = 0; t < targets.size(); ++t) {
      auto [name, target] = targets[t];
      const auto count = static_cast<std::int64_t>(tensors[t].values.size());
      if (tensors[t].name != name || count != target.numel()) {
        throw InputError(fmt::format("{}: tensors[{}] = {} with {} values: must be {} with {}",
                                     path, t, quoted_text(tensors[t].name), count, name,
                                     target.numel()));
      }
      target.copy_(torch::tensor(tensors[t].values));
    }
  }

 private:
  /// What a checkpoint holds; tensors share their values with the members.
  std::vector<std::pair<std::string, torch::Tensor>> state() const {
    std::vector<std::pair<std::string, torch::Tensor>> all{{"parameters", network_.parameters()},
                                                           {"average", average_}};
    const auto more = optimizer_->state();
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  double learning_rate(std::int64_t step_index) const {
    const double total = static_cast<double>(steps_per_epoch_) * options_.epochs;
    const double at = (static_cast<double>(step_index) + 0.5) / total;
    const double warm_up = options_.warm_up;
    double shape = at / warm_up;
    if (at >= warm_up) {
      const double past = (at - warm_up) / (1.0 - warm_up);
      shape = options_.linear_decay ? 1.0 - past : 0.5 * (1.0 + base::portable_cos(M_PI * past));
    }
    return options_.learning_rate * shape;
  }

  const TrainingOptions& options_;
  TorchNetwork network_;
  std::unique_ptr<Optimizer> optimizer_;
  torch::Tensor average_;
  std::size_t steps_per_epoch_;
};

/// Settings that decide the result; a checkpoint continues only a training with the same.
nlohmann::ordered_json settings(const Network& network, const Dataset& train,
                                const TrainingOptions& options) {
  nlohmann::ordered_json all = {
      {"network", network.name},
      {"dataset", train.name},
      {"images", train.size()},
      {"data_crc32", fingerprint(train)},
      {"epochs", options.epochs},
      {"batch", options.batch},
      {"optimizer", options.optimizer == OptimizerKind::kSgd ? "sgd" : "adamw"},
      {"learning_rate", options.learning_rate},
      {"warm_up", options.warm_up},
      {"linear_decay", options.linear_decay},
      {"weight_decay", options.weight_decay},
      {"label_smoothing", options.label_smoothing},
      {"batch_norm", options.batch_norm},
      {"small_epochs", options.small_epochs},
      {"bf16", options.bf16},
      {"average_decay", options.average_decay},
      {"seed", options.seed},
      {"device", options.device},
      {"shift", options.augmentation.shift},
      {"flip", options.augmentation.flip}};
  if (options.fine_tuning) {
    const FakeQuantization& quantization = options.fine_tuning->quantization;
    all["policy"] = quantization.policy.to_string();
    all["clips"] = quantization.learned ? "learned" : "fixed";
    if (quantization.weights != WeightQuantizer::kLinear)
      all["weight_quantizer"] = weight_quantizer_name(quantization.weights);
    if (quantization.noise) all["cells"] = quantization.noise->description();
    uLong crc = crc32_z(0, nullptr, 0);
    const auto add = [&crc](const std::vector<float>& values) {
      crc = crc32_z(crc, reinterpret_cast<const Bytef*>(values.data()),
                    values.size() * sizeof(float));
    };
    for (const FloatLayer& layer : options.fine_tuning->start.layers) {
      add(layer.weights);
      add(layer.bias);
    }
    add(quantization.weight_clips.items());
    add(quantization.activation_clips.items());
    all["start_crc32"] = static_cast<std::uint32_t>(crc);
  }
  return all;
}

/// Where a training stands.
struct Position {
  int epoch = 0;          ///< epochs done
  std::int64_t step = 0;  ///< steps done in the present one
  double loss = 0.0;      ///< sum over the images of those
};

void save_checkpoint(const Training& training, const nlohmann::ordered_json& settings,
                     const Position& position, const std::string& path) {
  if (path.empty()) return;
  TensorFile file;
  file.header["epochs_done"] = position.epoch;
  file.header["steps_done"] = position.step;
  file.header["loss"] = position.loss;
  file.header["settings"] = settings;
  file.tensors = training.tensors();
  write_file_atomically(path, encode_tensor_file(kCheckpointKind, file));
}

Position load_checkpoint(Training& training, const nlohmann::ordered_json& settings, int epochs,
                         const std::string& path) {
  const TensorFile file =
      decode_tensor_file(kCheckpointKind, file_bytes(path, kMaxCheckpointBytes), path);
  const nlohmann::json header = file.header;
  check_keys(header, path, {"epochs_done", "steps_done", "loss", "settings"});
  const auto& found = member(header, "settings", path);
  for (const auto& item : settings.items()) {
    const nlohmann::json wanted = item.value();
    const auto& value = member(found, item.key().c_str(), path + ": settings");
    if (value != wanted) {
      throw InputError(fmt::format("{}: {} = {}: must be {}, as in the training to resume", path,
                                   item.key(), quoted(value), quoted(wanted)));
    }
  }
  Position position;
  position.epoch = static_cast<int>(integer_member(header, "epochs_done", path, 0, epochs));
  const long long last = position.epoch < epochs ? training.steps_per_epoch() - 1 : 0;
  position.step = integer_member(header, "steps_done", path, 0, last);
  const auto& loss = member(header, "loss", path);
  if (!loss.is_number()) {
    throw InputError(fmt::format("{}: loss = {}: must be a number", path, quoted(loss)));
  }
  position.loss = loss.get<double>();
  training.restore(file.tensors, path);
  return position;
}

void check_data(const Network& network, const Dataset& data, const char* part) {
  check_shape(network, data);
  if (data.size() == 0) throw InputError(fmt::format("dataset {}: no {} images", data.name, part));
  const int classes = network.layers.back().output().size();
  for (const std::uint8_t label : data.labels) {
    if (label >= classes) {
      throw InputError(
          fmt::format("dataset {}: label {}: must be below {}, the outputs of network {}",
                      data.name, label, classes, network.name));
    }
  }
}

/// Small images must fit the network, too.
void check_small_images(const Network& network) {
  try {
    resized(network, small_side(network.image.height), small_side(network.image.width));
  } catch (const InputError& error) {
    throw InputError(fmt::format("training: small_epochs: must be 0 here: {}", error.what()));
  }
}

void check_options(const TrainingOptions& options) {
  const auto check = [](const char* key, double value, double low, double high) {
    if (!(value >= low && value <= high)) {
      throw InputError(
          fmt::format("training: {} = {}: must be in [{}, {}]", key, value, low, high));
    }
  };
  check("epochs", options.epochs, 1, 100000);
  check("batch", options.batch, 1, 65536);
  check("learning_rate", options.learning_rate, 1e-9, 10);
  check("warm_up", options.warm_up, 0, 0.9);
  check("weight_decay", options.weight_decay, 0, 10);
  check("average_decay", options.average_decay, 0, 0.999999);
  check("label_smoothing", options.label_smoothing, 0, 0.9);
  check("small_epochs", options.small_epochs, 0, options.epochs);
  check("checkpoint_steps", options.checkpoint_steps, 1, 1e9);
  check("shift", options.augmentation.shift, 0, 16);
  if (options.fine_tuning && (options.batch_norm || options.bf16 || options.small_epochs > 0)) {
    throw InputError("training: fine-tuning excludes batch norm, bf16 and small images");
  }
  if ((options.resume || options.export_only) && options.checkpoint.empty()) {
    throw InputError("training: resume: must name a checkpoint");
  }
}

}  // namespace

TrainingOutcome train_network(const Network& network, const Dataset& train,
                              const Dataset& validation, const TrainingOptions& options,
                              const TrainingCallback& callback) {
  check_options(options);
  network.validate();
  keep_freed_memory();
  if (options.small_epochs > 0) check_small_images(network);
  check_data(network, train, "training");
  check_data(network, validation, "validation");

  Training training(network, options, train.size());
  const auto all_settings = settings(network, train, options);
  Position at;
  if (options.resume || options.export_only) {
    at = load_checkpoint(training, all_settings, options.epochs, options.checkpoint);
  } else {
    // From the first moment on there is something to resume.
    save_checkpoint(training, all_settings, at, options.checkpoint);
  }

  TrainingOutcome outcome;
  outcome.model.network = network;
  outcome.model.dataset = train.name;
  outcome.model.half = options.half;
  const auto measure = [&] {
    outcome.validation_pct = training.measure(train, validation, outcome.model);
  };

  TrainingProgress progress;
  progress.images_total = train.size() * static_cast<std::size_t>(options.epochs);
  progress.images_before =
      static_cast<std::size_t>(at.epoch) * train.size() +
      static_cast<std::size_t>(at.step) * static_cast<std::size_t>(options.batch);
  if (at.epoch > 0 || options.export_only) {
    measure();
    progress.validation_pct = outcome.validation_pct;
  }
  outcome.epochs_done = at.epoch;
  if (options.export_only) return outcome;
  const Shape& shape = network.image;
  const auto batch = static_cast<std::size_t>(options.batch);
  for (; at.epoch < options.epochs; ++at.epoch, at.step = 0, at.loss = 0.0) {
    // Nothing random outlives an epoch: a checkpoint needs no generator state.
    std::mt19937_64 engine = random_stream(options.seed, static_cast<std::uint64_t>(at.epoch) + 1);
    std::vector<std::size_t> order(train.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    shuffle(order, engine);
    for (std::int64_t step = 0; step < training.steps_per_epoch(); ++step) {
      const std::size_t begin = static_cast<std::size_t>(step) * batch;
      const std::size_t end = std::min(begin + batch, train.size());
      const auto count = static_cast<std::int64_t>(end - begin);
      auto images = torch::empty({count, shape.channels, shape.height, shape.width});
      fill_augmented_batch(train, order, begin, end, options.augmentation, engine,
                           images.data_ptr<float>());
      // Steps of an earlier run only have to draw their random numbers again.
      if (step < at.step) {
        give_up_if_stopped();
        continue;
      }
      auto labels = torch::empty({count}, torch::kInt64);
      std::transform(order.begin() + static_cast<std::ptrdiff_t>(begin),
                     order.begin() + static_cast<std::ptrdiff_t>(end),
                     labels.data_ptr<std::int64_t>(),
                     [&](std::size_t i) { return std::int64_t{train.labels[i]}; });
      images = images.to(training.device());
      if (at.epoch < options.small_epochs) {
        images =
            torch::adaptive_avg_pool2d(images, {small_side(shape.height), small_side(shape.width)});
      }
      try {
        at.loss += training.step(images, labels.to(training.device()),
                                 at.epoch * training.steps_per_epoch() + step) *
                   static_cast<double>(count);
      } catch (const Stopped&) {
        // The step has changed nothing yet.
        save_checkpoint(training, all_settings, at, options.checkpoint);
        outcome.epochs_done = at.epoch;
        return outcome;
      }
      at.step = step + 1;
      if (!std::isfinite(at.loss)) {
        throw RunError(
            fmt::format("training diverged in epoch {}: the loss is not finite; a lower "
                        "learning rate than {} may help",
                        at.epoch + 1, options.learning_rate));
      }
      progress.epochs_done = at.epoch;
      progress.images_done = static_cast<std::size_t>(at.epoch) * train.size() + end;
      progress.loss = at.loss / static_cast<double>(end);
      const bool goes_on = !callback || callback(progress);
      const bool epoch_ends = at.step == training.steps_per_epoch();
      if (!goes_on) {
        const Position reached = epoch_ends ? Position{at.epoch + 1, 0, 0.0} : at;
        save_checkpoint(training, all_settings, reached, options.checkpoint);
        outcome.epochs_done = reached.epoch;
        return outcome;
      }
      if (!epoch_ends && at.step % options.checkpoint_steps == 0) {
        save_checkpoint(training, all_settings, at, options.checkpoint);
      }
    }
    save_checkpoint(training, all_settings, {at.epoch + 1, 0, 0.0}, options.checkpoint);
    measure();
    progress.validation_pct = outcome.validation_pct;
  }
  if (outcome.model.layers.empty()) measure();
  outcome.finished = true;
  outcome.epochs_done = at.epoch;
  return outcome;
}

std::string torch_version() { return TORCH_VERSION; }

}  // namespace kirchhoff::quant
