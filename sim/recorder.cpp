#include "sim/recorder.h"

#include <fmt/format.h>

#include "mapping/program.h"

namespace kirchhoff::sim {

BitExactness& BitExactness::operator+=(const BitExactness& o) {
  outputs += o.outputs;
  outputs_equal += o.outputs_equal;
  accumulators += o.accumulators;
  accumulators_equal += o.accumulators_equal;
  if (!first) first = o.first;
  return *this;
}

std::string BitExactness::text(const quant::Network& network) const {
  return fmt::format("{} of {} outputs and {} of {} accumulators are equal{}", outputs_equal,
                     outputs, accumulators_equal, accumulators,
                     first ? "; first difference: " + first->text(network) : "");
}

std::string Difference::text(const quant::Network& network) const {
  std::string text = fmt::format("layer {}: {} of channel {}, {} (y {}, x {}): chip {}, golden {}",
                                 network.layers[layer].name, accumulator ? "accumulator" : "output",
                                 channel, accumulator ? "window" : "place", y, x,
                                 chip ? fmt::format("{}", *chip) : "none", golden);
  if (conversion) {
    text += "; first conversion that differs: " + conversion->text();
  } else if (conversions_seen) {
    text += "; no conversion differs: the ADCs delivered the golden inference's codes";
  }
  return text;
}

void Recorder::reset(const quant::Network& network, int images) {
  images_.clear();
  pools_.clear();
  first_image_ = 0;
  Image image;
  for (const quant::Layer& layer : network.layers) {
    quant::LayerTrace trace;
    trace.input_shape = layer.input;
    trace.convolved_shape = layer.convolved();
    trace.output_shape = layer.output();
    trace.accumulators.assign(static_cast<std::size_t>(trace.convolved_shape.size()), 0);
    trace.outputs.assign(static_cast<std::size_t>(trace.output_shape.size()), 0);
    image.have_accumulator.emplace_back(trace.accumulators.size(), false);
    image.have_output.emplace_back(trace.outputs.size(), false);
    image.layers.push_back(std::move(trace));
    pools_.push_back(layer.pool);
  }
  images_.assign(static_cast<std::size_t>(images), image);
}

void Recorder::accumulators(int image, hw::LayerLabel label, int channel_begin, int y, int x,
                            const hw::Sums& values) {
  Image& seen = this->seen(image);
  const quant::LayerId l = mapping::layer_of(label);
  quant::LayerTrace& trace = seen.layers[l];
  const quant::Shape shape = trace.convolved_shape;
  for (std::size_t c = 0; c < values.size(); ++c) {
    const auto at = static_cast<std::size_t>(
        ((channel_begin + static_cast<int>(c)) * shape.height + y) * shape.width + x);
    trace.accumulators[at] = values[c];
    seen.have_accumulator[l][at] = true;
  }
  // The last layer's accumulators are its outputs.
  if (l == seen.layers.last_id()) outputs(image, label, channel_begin, y, x, values);
}

void Recorder::outputs(int image, hw::LayerLabel label, int channel_begin, int y, int x,
                       const hw::Sums& values) {
  Image& seen = this->seen(image);
  const quant::LayerId l = mapping::layer_of(label);
  quant::LayerTrace& trace = seen.layers[l];
  const quant::Shape shape = trace.output_shape;
  for (std::size_t c = 0; c < values.size(); ++c) {
    const auto at = static_cast<std::size_t>(
        ((channel_begin + static_cast<int>(c)) * shape.height + y) * shape.width + x);
    trace.outputs[at] = values[c];
    seen.have_output[l][at] = true;
  }
}

BitExactness Recorder::compare(int image, const quant::GoldenResult& golden) const {
  const Image& seen = images_[static_cast<std::size_t>(image)];
  BitExactness result;
  for (const quant::LayerId l : seen.layers.ids()) {
    const quant::LayerTrace& chip = seen.layers[l];
    const quant::LayerTrace& reference = golden.layers[l];
    const auto see = [&](bool accumulator, const quant::Shape& shape, std::size_t i) {
      const bool there = accumulator ? seen.have_accumulator[l][i] : seen.have_output[l][i];
      const std::int64_t value = accumulator ? chip.accumulators[i] : chip.outputs[i];
      const std::int64_t golden_value =
          accumulator ? reference.accumulators[i] : reference.outputs[i];
      const bool equal = there && value == golden_value;
      if (!equal && !result.first) {
        const auto width = static_cast<std::size_t>(shape.width),
                   map = width * static_cast<std::size_t>(shape.height);
        result.first = Difference{accumulator,
                                  l,
                                  static_cast<int>(i / map),
                                  static_cast<int>(i % map / width),
                                  static_cast<int>(i % width),
                                  there ? std::optional<std::int64_t>(value) : std::nullopt,
                                  golden_value};
      }
      return equal ? 1u : 0u;
    };
    // Windows outside every full pooling window never reach an output; the chip does not compute
    // them.
    const quant::Shape shape = chip.convolved_shape;
    const int rows = pools_[l] * chip.output_shape.height,
              columns = pools_[l] * chip.output_shape.width;
    for (int c = 0; c < shape.channels; ++c) {
      for (int y = 0; y < rows; ++y) {
        for (int x = 0; x < columns; ++x) {
          ++result.accumulators;
          result.accumulators_equal +=
              see(true, shape, static_cast<std::size_t>((c * shape.height + y) * shape.width + x));
        }
      }
    }
    for (std::size_t i = 0; i < chip.outputs.size(); ++i) {
      ++result.outputs;
      result.outputs_equal += see(false, chip.output_shape, i);
    }
  }
  return result;
}

}  // namespace kirchhoff::sim
