#include "quant/training/trainer.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

#include <fmt/format.h>
#include <torch/torch.h>
#include <zlib.h>

#include "quant/data/random.h"
#include "quant/model/tensor_file.h"
#include "quant/network/json_input.h"
#include "quant/training/float_network.h"
#include "quant/training/torch_network.h"
#include "traces/atomic_file.h"
#include "traces/error.h"

namespace kirchhoff::quant {
namespace {

constexpr const char* kKind = "KIRCHHOFF-CHECKPOINT 1";
constexpr std::size_t kMaxCheckpointBytes = std::size_t{1} << 32;
constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.999;
constexpr double kEpsilon = 1e-8;
constexpr double kWarmUp = 0.1;  // share of all steps

std::vector<float> to_vector(const torch::Tensor& tensor) {
  const auto values = tensor.detach().cpu().contiguous();
  const float* first = values.data_ptr<float>();
  return {first, first + values.numel()};
}

/// He et al.'s uniform initialisation, drawn without LibTorch so that no version changes it.
std::vector<float> initial_parameters(const Network& network, std::uint64_t seed) {
  std::mt19937_64 engine = random_stream(seed, 0);
  std::vector<float> flat;
  for (const Layer& layer : network.layers) {
    const double bound = std::sqrt((layer.relu ? 6.0 : 3.0) / layer.rows());
    for (long long i = 0; i < 1LL * layer.rows() * layer.out_channels; ++i) {
      flat.push_back(static_cast<float>(bound * (2.0 * uniform_unit(engine) - 1.0)));
    }
    flat.insert(flat.end(), static_cast<std::size_t>(layer.out_channels), 0.0f);
  }
  return flat;
}

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
        network_(network, options.device),
        decayed_(network_.weight_mask()),
        mean_(torch::zeros_like(network_.parameters())),
        variance_(torch::zeros_like(network_.parameters())),
        steps_per_epoch_((images + options.batch - 1) / options.batch) {
    network_.assign(initial_parameters(network, options.seed));
    average_ = network_.parameters().clone();
  }

  TorchNetwork& network() { return network_; }
  const torch::Tensor& average() const { return average_; }

  /// One step of AdamW on a batch; returns the loss.
  double step(const torch::Tensor& images, const torch::Tensor& labels, std::int64_t step_index) {
    network_.gradients().zero_();
    const auto loss = torch::nn::functional::cross_entropy(network_.forward(images), labels);
    loss.backward();
    update(step_index);
    return loss.item<double>();
  }

  std::int64_t steps_per_epoch() const { return static_cast<std::int64_t>(steps_per_epoch_); }

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
    return {{"parameters", network_.parameters()},
            {"average", average_},
            {"mean", mean_},
            {"variance", variance_}};
  }

  double learning_rate(std::int64_t step_index) const {
    const double total = static_cast<double>(steps_per_epoch_) * options_.epochs;
    const double at = (static_cast<double>(step_index) + 0.5) / total;
    const double shape = at < kWarmUp
                             ? at / kWarmUp
                             : 0.5 * (1.0 + std::cos(M_PI * (at - kWarmUp) / (1.0 - kWarmUp)));
    return options_.learning_rate * shape;
  }

  void update(std::int64_t step_index) {
    const torch::NoGradGuard no_grad;
    const double rate = learning_rate(step_index);
    const auto count = static_cast<double>(step_index + 1);
    auto parameters = network_.parameters();
    const auto gradients = network_.gradients();
    mean_.mul_(kBeta1).add_(gradients, 1.0 - kBeta1);
    variance_.mul_(kBeta2).addcmul_(gradients, gradients, 1.0 - kBeta2);
    const double correction = std::sqrt(1.0 - std::pow(kBeta2, count));
    const auto scale = variance_.sqrt().div_(correction).add_(kEpsilon);
    parameters.addcmul_(parameters, decayed_, -rate * options_.weight_decay);
    parameters.addcdiv_(mean_, scale, -rate / (1.0 - std::pow(kBeta1, count)));
    // Young averages forget faster, so that the random start leaves no trace.
    const double decay = std::min(options_.average_decay, (1.0 + count) / (10.0 + count));
    average_.lerp_(parameters, 1.0 - decay);
  }

  const TrainingOptions& options_;
  TorchNetwork network_;
  torch::Tensor decayed_;
  torch::Tensor mean_, variance_, average_;
  std::size_t steps_per_epoch_;
};

/// Settings that decide the result; a checkpoint continues only a training with the same.
nlohmann::ordered_json settings(const Network& network, const Dataset& train,
                                const TrainingOptions& options) {
  return {{"network", network.name},
          {"dataset", train.name},
          {"images", train.size()},
          {"data_crc32", fingerprint(train)},
          {"epochs", options.epochs},
          {"batch", options.batch},
          {"learning_rate", options.learning_rate},
          {"weight_decay", options.weight_decay},
          {"average_decay", options.average_decay},
          {"seed", options.seed},
          {"device", options.device},
          {"shift", options.augmentation.shift},
          {"flip", options.augmentation.flip}};
}

void save_checkpoint(const Training& training, const nlohmann::ordered_json& settings,
                     int epochs_done, const std::string& path) {
  if (path.empty()) return;
  TensorFile file;
  file.header["epochs_done"] = epochs_done;
  file.header["settings"] = settings;
  file.tensors = training.tensors();
  write_file_atomically(path, encode_tensor_file(kKind, file));
}

/// Returns the number of epochs that are done.
int load_checkpoint(Training& training, const nlohmann::ordered_json& settings, int epochs,
                    const std::string& path) {
  const TensorFile file =
      decode_tensor_file(kKind, read_input_file(path, kMaxCheckpointBytes), path);
  const nlohmann::json header = file.header;
  check_keys(header, path, {"epochs_done", "settings"});
  const auto& found = member(header, "settings", path);
  for (const auto& item : settings.items()) {
    const nlohmann::json wanted = item.value();
    const auto& value = member(found, item.key().c_str(), path + ": settings");
    if (value != wanted) {
      throw InputError(fmt::format("{}: {} = {}: must be {}, as in the training to resume", path,
                                   item.key(), quoted(value), quoted(wanted)));
    }
  }
  training.restore(file.tensors, path);
  return static_cast<int>(integer_member(header, "epochs_done", path, 0, epochs));
}

void check_data(const Network& network, const Dataset& data, const char* part) {
  const Shape& shape = network.image;
  if (!(data.shape == shape)) {
    throw InputError(fmt::format("dataset {}: images of {}x{}x{}: network {} takes {}x{}x{}",
                                 data.name, data.shape.channels, data.shape.height,
                                 data.shape.width, network.name, shape.channels, shape.height,
                                 shape.width));
  }
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
  check("weight_decay", options.weight_decay, 0, 10);
  check("average_decay", options.average_decay, 0, 0.999999);
  check("shift", options.augmentation.shift, 0, 16);
  if (options.resume && options.checkpoint.empty()) {
    throw InputError("training: resume: must name a checkpoint");
  }
}

}  // namespace

TrainingOutcome train_network(const Network& network, const Dataset& train,
                              const Dataset& validation, const TrainingOptions& options,
                              const TrainingCallback& callback) {
  check_options(options);
  network.validate();
  check_data(network, train, "training");
  check_data(network, validation, "validation");

  Training training(network, options, train.size());
  const auto all_settings = settings(network, train, options);
  int epoch = 0;
  if (options.resume) {
    epoch = load_checkpoint(training, all_settings, options.epochs, options.checkpoint);
  } else {
    // From the first moment on there is something to resume.
    save_checkpoint(training, all_settings, 0, options.checkpoint);
  }

  TrainingOutcome outcome;
  outcome.model.network = network;
  outcome.model.dataset = train.name;
  const auto measure = [&] {
    outcome.model.layers = training.network().layers(to_vector(training.average()));
    outcome.validation_pct = float_accuracy_pct(outcome.model, validation);
  };

  TrainingProgress progress;
  progress.images_total = train.size() * static_cast<std::size_t>(options.epochs);
  if (epoch > 0) {
    measure();
    progress.validation_pct = outcome.validation_pct;
  }
  const auto device = training.network().parameters().device();
  const Shape& shape = network.image;
  const auto batch = static_cast<std::size_t>(options.batch);
  for (; epoch < options.epochs; ++epoch) {
    // Nothing random outlives an epoch: a checkpoint needs no generator state.
    std::mt19937_64 engine = random_stream(options.seed, static_cast<std::uint64_t>(epoch) + 1);
    std::vector<std::size_t> order(train.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    shuffle(order, engine);
    double loss = 0.0;
    std::int64_t step = epoch * training.steps_per_epoch();
    for (std::size_t begin = 0; begin < train.size(); begin += batch, ++step) {
      const std::size_t end = std::min(begin + batch, train.size());
      const auto count = static_cast<std::int64_t>(end - begin);
      auto images = torch::empty({count, shape.channels, shape.height, shape.width});
      fill_augmented_batch(train, order, begin, end, options.augmentation, engine,
                           images.data_ptr<float>());
      auto labels = torch::empty({count}, torch::kInt64);
      std::transform(order.begin() + static_cast<std::ptrdiff_t>(begin),
                     order.begin() + static_cast<std::ptrdiff_t>(end),
                     labels.data_ptr<std::int64_t>(),
                     [&](std::size_t i) { return std::int64_t{train.labels[i]}; });
      loss +=
          training.step(images.to(device), labels.to(device), step) * static_cast<double>(count);
      if (!std::isfinite(loss)) {
        throw RunError(
            fmt::format("training diverged in epoch {}: the loss is not finite; a lower "
                        "learning rate than {} may help",
                        epoch + 1, options.learning_rate));
      }
      progress.epochs_done = epoch;
      progress.images_done = static_cast<std::size_t>(epoch) * train.size() + end;
      progress.loss = loss / static_cast<double>(end);
      if (callback && !callback(progress)) {
        outcome.epochs_done = epoch;
        return outcome;
      }
    }
    save_checkpoint(training, all_settings, epoch + 1, options.checkpoint);
    measure();
    progress.validation_pct = outcome.validation_pct;
  }
  if (outcome.model.layers.empty()) measure();
  outcome.finished = true;
  outcome.epochs_done = epoch;
  return outcome;
}

double float_accuracy_pct(const Model& model, const Dataset& data) {
  const std::vector<int> predictions = float_predictions(model, data);
  std::size_t correct = 0;
  for (std::size_t i = 0; i < predictions.size(); ++i) correct += predictions[i] == data.labels[i];
  return 100.0 * static_cast<double>(correct) /
         static_cast<double>(std::max<std::size_t>(1, data.size()));
}

std::string torch_version() { return TORCH_VERSION; }

}  // namespace kirchhoff::quant
