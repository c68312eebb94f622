#include "sim/recorder.h"

namespace kirchhoff::sim {

BitExactness& BitExactness::operator+=(const BitExactness& o) {
  outputs += o.outputs;
  outputs_equal += o.outputs_equal;
  accumulators += o.accumulators;
  accumulators_equal += o.accumulators_equal;
  return *this;
}

void Recorder::reset(const quant::Network& network) {
  layers_.clear();
  pools_.clear();
  have_accumulator_.clear();
  have_output_.clear();
  for (const quant::Layer& layer : network.layers) {
    quant::LayerTrace trace;
    trace.input_shape = layer.input;
    trace.convolved_shape = layer.convolved();
    trace.output_shape = layer.output();
    trace.accumulators.assign(static_cast<std::size_t>(trace.convolved_shape.size()), 0);
    trace.outputs.assign(static_cast<std::size_t>(trace.output_shape.size()), 0);
    have_accumulator_.emplace_back(trace.accumulators.size(), false);
    have_output_.emplace_back(trace.outputs.size(), false);
    layers_.push_back(std::move(trace));
    pools_.push_back(layer.pool);
  }
}

void Recorder::accumulators(int layer, int channel_begin, int y, int x, const hw::Sums& values) {
  const auto l = static_cast<std::size_t>(layer);
  quant::LayerTrace& trace = layers_[l];
  const quant::Shape shape = trace.convolved_shape;
  for (std::size_t c = 0; c < values.size(); ++c) {
    const auto at = static_cast<std::size_t>(
        ((channel_begin + static_cast<int>(c)) * shape.height + y) * shape.width + x);
    trace.accumulators[at] = values[c];
    have_accumulator_[l][at] = true;
  }
  // The last layer's accumulators are its outputs.
  if (l + 1 == layers_.size()) outputs(layer, channel_begin, y, x, values);
}

void Recorder::outputs(int layer, int channel_begin, int y, int x, const hw::Sums& values) {
  const auto l = static_cast<std::size_t>(layer);
  quant::LayerTrace& trace = layers_[l];
  const quant::Shape shape = trace.output_shape;
  for (std::size_t c = 0; c < values.size(); ++c) {
    const auto at = static_cast<std::size_t>(
        ((channel_begin + static_cast<int>(c)) * shape.height + y) * shape.width + x);
    trace.outputs[at] = values[c];
    have_output_[l][at] = true;
  }
}

BitExactness Recorder::compare(const quant::GoldenResult& golden) const {
  BitExactness result;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const quant::LayerTrace& chip = layers_[l];
    const quant::LayerTrace& reference = golden.layers[l];
    for (std::size_t i = 0; i < chip.outputs.size(); ++i) {
      ++result.outputs;
      result.outputs_equal += have_output_[l][i] && chip.outputs[i] == reference.outputs[i];
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
              have_accumulator_[l][i] && chip.accumulators[i] == reference.accumulators[i];
        }
      }
    }
  }
  return result;
}

}  // namespace kirchhoff::sim
