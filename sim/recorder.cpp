#include "sim/recorder.h"

namespace kirchhoff::sim {

BitExactness& BitExactness::operator+=(const BitExactness& o) {
  outputs += o.outputs;
  outputs_equal += o.outputs_equal;
  accumulators += o.accumulators;
  accumulators_equal += o.accumulators_equal;
  return *this;
}

void Recorder::reset(const quant::Network& network, int images) {
  images_.clear();
  pools_.clear();
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

void Recorder::accumulators(int image, int layer, int channel_begin, int y, int x,
                            const hw::Sums& values) {
  Image& seen = images_[static_cast<std::size_t>(image)];
  const auto l = static_cast<std::size_t>(layer);
  quant::LayerTrace& trace = seen.layers[l];
  const quant::Shape shape = trace.convolved_shape;
  for (std::size_t c = 0; c < values.size(); ++c) {
    const auto at = static_cast<std::size_t>(
        ((channel_begin + static_cast<int>(c)) * shape.height + y) * shape.width + x);
    trace.accumulators[at] = values[c];
    seen.have_accumulator[l][at] = true;
  }
  // The last layer's accumulators are its outputs.
  if (l + 1 == seen.layers.size()) outputs(image, layer, channel_begin, y, x, values);
}

void Recorder::outputs(int image, int layer, int channel_begin, int y, int x,
                       const hw::Sums& values) {
  Image& seen = images_[static_cast<std::size_t>(image)];
  const auto l = static_cast<std::size_t>(layer);
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
  for (std::size_t l = 0; l < seen.layers.size(); ++l) {
    const quant::LayerTrace& chip = seen.layers[l];
    const quant::LayerTrace& reference = golden.layers[l];
    for (std::size_t i = 0; i < chip.outputs.size(); ++i) {
      ++result.outputs;
      result.outputs_equal += seen.have_output[l][i] && chip.outputs[i] == reference.outputs[i];
    }
    // Windows outside every full pooling window never reach an output; the chip does not compute
    // them.
    const quant::Shape shape = chip.convolved_shape;
    const int rows = pools_[l] * chip.output_shape.height,
              columns = pools_[l] * chip.output_shape.width;
    for (int c = 0; c < shape.channels; ++c) {
      for (int y = 0; y < rows; ++y) {
        for (int x = 0; x < columns; ++x) {
          const auto i = static_cast<std::size_t>((c * shape.height + y) * shape.width + x);
          ++result.accumulators;
          result.accumulators_equal +=
              seen.have_accumulator[l][i] && chip.accumulators[i] == reference.accumulators[i];
        }
      }
    }
  }
  return result;
}

}  // namespace kirchhoff::sim
