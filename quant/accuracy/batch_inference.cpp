#include "quant/accuracy/batch_inference.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/stop_request.h"
#include "quant/accuracy/image_blocks.h"
#include "quant/network/image_name.h"
#include "quant/network/tensors.h"

namespace kirchhoff::quant {
namespace {

/// Most that is kept of other policies' maps.
constexpr std::size_t kPrefixBytes = std::size_t{512} << 20;
/// A byte is kept only if it stands for so many multiply-accumulates: some 20 ns of work. Small
/// networks keep nothing.
constexpr double kWorkPerByte = 1000.0;

Network validated(Network network) {
  network.validate();
  return network;
}

/// Names what a layer's map depends on besides its weights and what it reads.
std::string key_of(const IntegerLayer& layer) {
  Digest digest;
  const auto add = [&digest](const auto& values) {
    digest.add(values.data(), values.size() * sizeof values[0]);
  };
  add(layer.multiplier);
  add(layer.bias);
  add(layer.table);
  return fmt::format("{}/{}/{}/{}/{}/{:x},", layer.policy_bits(), layer.activation_bits,
                     layer.output_bits, layer.shift, layer.residual_multiplier, digest.value());
}

}  // namespace

struct BatchInference::Scratch {
  AlignedVector<std::uint8_t> maps;                    ///< as places_ says
  IndexedVector<TensorId, const std::uint8_t*> where;  ///< every map that is there
  std::vector<const std::uint8_t*> input, residual;    ///< planes of a layer's operands
  std::vector<std::int64_t> logits;                    ///< in lane order
  std::vector<std::int64_t> rows;                      ///< logits of one image after the other
  StageScratch stage;
  ClippedConversions clipped;
};

/// Where a run leaves the beaten track: the maps it starts from, and those it keeps for others.
/// Those behind a layer lie one after another for every block.
struct BatchInference::Shortcut {
  std::size_t first_block = 0;
  LayerId first_layer{};                           ///< that is computed
  const PrefixStore::Maps* start = nullptr;        ///< what enters it, unless it is the image
  IndexedVector<LayerId, PrefixStore::Maps> kept;  ///< of all blocks; empty: not kept
  IndexedVector<LayerId, std::string> keys;
};

BatchInference::BatchInference(const Network& network, const Dataset& data, int threads,
                               const AdcModel* adc)
    : network_(validated(network)),
      data_(data),
      adc_(adc == nullptr ? std::nullopt : std::optional<AdcModel>(*adc)),
      plain_(network.is_plain()),
      places_(network_),
      images_(data),
      kernels_(network.layers.size()),
      prefixes_(kPrefixBytes) {
  check_shape(network_, data);
  plan();
  for (std::size_t thread = thread_count(threads); thread > 0; --thread) {
    auto scratch = std::make_unique<Scratch>();
    scratch->maps.resize(places_.bytes());
    scratch->where.resize(network_.layers.size() + 1);
    scratch->logits.resize(static_cast<std::size_t>(network_.layers.back().output().size()) *
                           kLanes);
    scratch->rows.resize(scratch->logits.size());
    scratch_.push_back(std::move(scratch));
  }
}

BatchInference::~BatchInference() = default;

void BatchInference::plan() {
  const Tensors tensors(network_);
  double work = 0.0;
  std::size_t entering = 0;
  for (const LayerId l : network_.layers.ids()) {
    const Layer& layer = network_.layers[l];
    LayerPlan& plan = plans_.emplace_back();
    plan.input_signed = tensors.is_signed(layer.inputs.front());
    plan.residual_signed = !layer.residual.empty() && tensors.is_signed(layer.residual.front());
    plan.live = places_.live_after(l);
    work += static_cast<double>(layer.macs());
    // Maps between two poolings are large, and one behind the last layer but one would serve none
    // but the same policy.
    const std::size_t leaving = places_.live_bytes(l);
    plan.worth_keeping = (plain_ ? layer.pool > 1 : leaving < entering) &&
                         following(l) < network_.layers.last_id() &&
                         work * kLanes >= kWorkPerByte * static_cast<double>(leaving);
    entering = leaving;
  }
}

bool BatchInference::takes(const PolicyIntegers& integers) const {
  if (integers.wide()) return false;
  if (!adc_) return true;
  for (const LayerId l : network_.layers.ids()) {
    const Layer& layer = network_.layers[l];
    if (!on_crossbars(layer, adc_->grouped)) continue;
    const LayerBits& bits = integers.policy.layers[l];
    if (!countable(*adc_, layer, bits) && !has_cell_columns(*adc_, layer, bits)) return false;
  }
  return true;
}

BatchInference::PreparedNetwork BatchInference::prepare(const PolicyIntegers& integers) {
  PreparedNetwork prepared;
  std::string prefix;
  for (const LayerId l : network_.layers.ids()) {
    const Layer& layer = network_.layers[l];
    const IntegerLayer& constants = integers.layers[l];
    auto& kernel = kernels_[l][static_cast<std::size_t>(constants.policy_bits())];
    if (!kernel) {
      kernel = make_stage_kernel({layer, l, plans_[l].input_signed, network_.is_output(l),
                                  constants.weight_bits, integers.weights[l]},
                                 adc_ ? &*adc_ : nullptr);
    }
    const bool second = !layer.residual.empty() && layer.residual.front() != kImage;
    prepared.layers.push_back(
        {kernel,
         network_.is_output(l) ? Requantisation(layer, integers.output_bias)
                               : Requantisation(layer, constants),
         constants.activation_bits,
         second ? integers.layers[producer_of(layer.residual.front())].output_bits : 8});
    if (adc_ || !share_prefixes_) continue;
    prefix += key_of(constants);
    prepared.prefixes.push_back(prefix);
  }
  return prepared;
}

ClippedConversions BatchInference::run(const PolicyIntegers& integers, std::size_t first,
                                       std::size_t images, const LogitsConsumer& consume) {
  integers.refuse_wide();
  if (!takes(integers)) {
    throw InputError(fmt::format("policy {}: this converter's conversions cannot be counted",
                                 integers.policy.to_string()));
  }
  const std::size_t end_image = first + images;
  check_images(data_, end_image);
  const PreparedNetwork prepared = prepare(integers);
  const std::size_t blocks = (end_image + kLanes - 1) / kLanes;
  images_.fill(blocks);

  for (auto& scratch : scratch_) scratch->clipped.assign(network_.layers.size(), 0);
  const auto size = static_cast<std::size_t>(network_.layers.back().output().size());
  const std::size_t first_block = first / kLanes;
  Shortcut shortcut = find_shortcut(prepared, first_block, blocks - first_block);
  for_each_block(scratch_.size(), blocks - first_block, [&](std::size_t thread, std::size_t b) {
    Scratch& scratch = *scratch_[thread];
    const std::size_t start = (first_block + b) * kLanes;
    const Lanes lanes{static_cast<int>(std::max(first, start) - start),
                      static_cast<int>(std::min<std::size_t>(kLanes, end_image - start))};
    infer(prepared, first_block + b, lanes, shortcut, scratch);
    std::int64_t* row = scratch.rows.data();
    for (int lane = lanes.first; lane < lanes.end; ++lane) {
      for (std::size_t i = 0; i < size; ++i)
        *row++ = scratch.logits[i * kLanes + static_cast<std::size_t>(lane)];
    }
    consume(start + static_cast<std::size_t>(lanes.first), lanes.end - lanes.first,
            scratch.rows.data());
  });
  for (const LayerId l : shortcut.kept.ids()) {
    if (!shortcut.kept[l].empty()) prefixes_.keep(shortcut.keys[l], std::move(shortcut.kept[l]));
  }
  ClippedConversions clipped(network_.layers.size(), 0);
  for (const auto& scratch : scratch_) {
    for (const LayerId l : clipped.ids()) clipped[l] += scratch->clipped[l];
  }
  return clipped;
}

BatchInference::Shortcut BatchInference::find_shortcut(const PreparedNetwork& prepared,
                                                       std::size_t first_block,
                                                       std::size_t blocks) {
  Shortcut shortcut;
  shortcut.first_block = first_block;
  if (prepared.prefixes.empty()) return shortcut;
  shortcut.kept.resize(plans_.size());
  for (const std::string& prefix : prepared.prefixes)
    shortcut.keys.push_back(fmt::format("{} {} {}", prefix, first_block, blocks));
  for (LayerId l = plans_.end_id(); l != LayerId{};) {
    l = preceding(l);
    const std::size_t bytes = blocks * places_.live_bytes(l);
    if (!plans_[l].worth_keeping || !prefixes_.takes(bytes)) continue;
    if ((shortcut.start = prefixes_.find(shortcut.keys[l])) != nullptr) {
      shortcut.first_layer = following(l);
      break;
    }
    shortcut.kept[l].resize(bytes);
  }
  return shortcut;
}

void BatchInference::enter(const PreparedNetwork& prepared, std::size_t block,
                           const Shortcut& shortcut, Scratch& scratch) const {
  // Whoever reads the image reads the same bits of it.
  for (const LayerId l : network_.layers.ids()) {
    const int bits = prepared.layers[l].input_bits;
    if (network_.layers[l].inputs.front() != kImage) continue;
    scratch.where[kImage] = images_.block(block);
    if (bits == 8) break;
    std::uint8_t* reduced = scratch.maps.data() + places_.place(kImage);
    images_.reduce(block, bits, reduced);
    scratch.where[kImage] = reduced;
    break;
  }
  if (shortcut.start == nullptr) return;
  const LayerId before = preceding(shortcut.first_layer);
  const std::uint8_t* map =
      shortcut.start->data() + (block - shortcut.first_block) * places_.live_bytes(before);
  for (const TensorId live : plans_[before].live) {
    scratch.where[live] = map;
    map += places_.bytes_of(live);
  }
}

void BatchInference::infer(const PreparedNetwork& prepared, std::size_t block, const Lanes& lanes,
                           Shortcut& shortcut, Scratch& scratch) const {
  enter(prepared, block, shortcut, scratch);
  const bool noisy = adc_ && adc_->noisy();
  std::array<std::uint32_t, kLanes> names{};
  const auto pixels = static_cast<std::size_t>(data_.shape.size());
  for (int lane = lanes.first; noisy && lane < lanes.end; ++lane) {
    const std::size_t image = block * kLanes + static_cast<std::size_t>(lane);
    names[static_cast<std::size_t>(lane)] =
        image_name(data_.pixels.data() + image * pixels, pixels);
  }
  const auto planes = [&](const std::vector<TensorId>& maps,
                          std::vector<const std::uint8_t*>& found) {
    found.clear();
    for (const TensorId map : maps) {
      const Shape shape = network_.shape_of(map);
      for (int c = 0; c < shape.channels; ++c) {
        found.push_back(scratch.where[map] +
                        static_cast<std::ptrdiff_t>(c) * shape.pixels() * kLanes);
      }
    }
    return found.empty() ? nullptr : found.data();
  };
  for (const LayerId l : IdRange(shortcut.first_layer, plans_.end_id())) {
    give_up_if_stopped();
    const Layer& shape = network_.layers[l];
    const PreparedLayer& layer = prepared.layers[l];
    StageMaps maps;
    maps.input = {planes(shape.inputs, scratch.input), layer.input_bits, plans_[l].input_signed};
    maps.residual = {planes(shape.residual, scratch.residual), layer.residual_bits,
                     plans_[l].residual_signed};
    maps.lanes = lanes;
    maps.images = noisy ? names.data() : nullptr;
    if (network_.is_output(l)) {
      maps.logits = scratch.logits.data();
    } else {
      maps.output = scratch.maps.data() + places_.place(output_of(l));
      scratch.where[output_of(l)] = maps.output;
    }
    scratch.stage.clipped = 0;
    layer.kernel->compute(layer.requantisation, maps, scratch.stage);
    scratch.clipped[l] += scratch.stage.clipped;
    if (!shortcut.kept.has(l) || shortcut.kept[l].empty()) continue;
    std::uint8_t* kept =
        shortcut.kept[l].data() + (block - shortcut.first_block) * places_.live_bytes(l);
    for (const TensorId live : plans_[l].live) {
      std::memcpy(kept, scratch.where[live], places_.bytes_of(live));
      kept += places_.bytes_of(live);
    }
  }
}

}  // namespace kirchhoff::quant
