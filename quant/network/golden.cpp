#include "quant/network/golden.h"

#include <algorithm>
#include <bitset>
#include <cstdlib>
#include <optional>

#include <fmt/format.h>

#include "traces/error.h"

namespace kirchhoff::quant {
namespace {

/// Quotient rounded towards minus infinity.
int floor_div(int dividend, int divisor) {
  const int quotient = dividend / divisor;
  return dividend % divisor < 0 ? quotient - 1 : quotient;
}

/// The converter's code before saturation.
int unlimited_code(const AdcModel& adc, int difference) {
  return floor_div(2 * difference + adc.lsb, 2 * adc.lsb);
}

/// The inputs under the kernel at one window position, in row order; zero outside the map.
std::vector<std::int32_t> gather_window(const Layer& layer, const std::vector<std::int32_t>& inputs,
                                        int row, int column) {
  std::vector<std::int32_t> window;
  window.reserve(static_cast<std::size_t>(layer.rows()));
  for (int c = 0; c < layer.input.channels; ++c) {
    for (int ky = 0; ky < layer.kernel_height; ++ky) {
      for (int kx = 0; kx < layer.kernel_width; ++kx) {
        const int y = row * layer.stride + ky - layer.padding;
        const int x = column * layer.stride + kx - layer.padding;
        const bool inside = y >= 0 && y < layer.input.height && x >= 0 && x < layer.input.width;
        window.push_back(inside ? inputs[static_cast<std::size_t>(
                                      (c * layer.input.height + y) * layer.input.width + x)]
                                : 0);
      }
    }
  }
  return window;
}

/// The cells of one layer as the crossbars hold them: word lines packed 64 to a word, so that a
/// column's current is a population count.
class CrossbarColumns {
 public:
  CrossbarColumns(const IntegerLayer& layer, const AdcModel& adc)
      : adc_(adc),
        rows_(static_cast<int>(layer.weights.rows())),
        columns_(static_cast<int>(layer.weights.cols())),
        weight_bits_(layer.weight_bits),
        activation_bits_(layer.activation_bits),
        blocks_((rows_ + adc.block_rows - 1) / adc.block_rows),
        words_((adc.block_rows + 63) / 64),
        positive_(static_cast<std::size_t>(blocks_) * columns_ * weight_bits_ * words_, 0),
        negative_(positive_.size(), 0) {
    for (int c = 0; c < columns_; ++c) {
      for (int r = 0; r < rows_; ++r) {
        const int weight = layer.weights(r, c);
        std::vector<std::uint64_t>& crossbar = weight < 0 ? negative_ : positive_;
        for (int j = 0; j < weight_bits_; ++j) {
          if ((std::abs(weight) >> j & 1) != 0)
            set(crossbar, cells(r / adc.block_rows, c, j), r % adc.block_rows);
        }
      }
    }
  }

  /// Accumulators of every column for one window; adds the conversions that saturated to `clipped`.
  std::vector<std::int64_t> read(const std::vector<std::int32_t>& window,
                                 std::uint64_t& clipped) const {
    std::vector<std::int64_t> sums(static_cast<std::size_t>(columns_), 0);
    for (int block = 0; block < blocks_; ++block) {
      const int first_row = block * adc_.block_rows;
      const int last_row = std::min(rows_, first_row + adc_.block_rows);
      for (int i = 0; i < activation_bits_; ++i) {
        std::vector<std::uint64_t> word_lines(static_cast<std::size_t>(words_), 0);
        for (int r = first_row; r < last_row; ++r) {
          if ((window[static_cast<std::size_t>(r)] >> i & 1) != 0)
            set(word_lines, 0, r - first_row);
        }
        for (int c = 0; c < columns_; ++c) {
          for (int j = 0; j < weight_bits_; ++j) {
            const std::size_t at = cells(block, c, j);
            const int difference =
                conducting(positive_, at, word_lines) - conducting(negative_, at, word_lines);
            if (adc_.clips(difference)) ++clipped;
            sums[static_cast<std::size_t>(c)] +=
                std::int64_t{adc_.convert(difference)} * (std::int64_t{1} << (i + j));
          }
        }
      }
    }
    return sums;
  }

 private:
  static void set(std::vector<std::uint64_t>& words, std::size_t first_word, int bit) {
    words[first_word + static_cast<std::size_t>(bit / 64)] |= std::uint64_t{1} << (bit % 64);
  }
  /// First word of the column `c` of block `block` in the crossbar of weight bit `j`.
  std::size_t cells(int block, int c, int j) const {
    return ((static_cast<std::size_t>(block) * columns_ + c) * weight_bits_ + j) * words_;
  }
  /// Cells of the column that conduct: their bit and their word line are both set.
  int conducting(const std::vector<std::uint64_t>& crossbar, std::size_t at,
                 const std::vector<std::uint64_t>& word_lines) const {
    std::size_t count = 0;
    for (int word = 0; word < words_; ++word) {
      count +=
          std::bitset<64>(crossbar[at + word] & word_lines[static_cast<std::size_t>(word)]).count();
    }
    return static_cast<int>(count);
  }

  const AdcModel adc_;
  const int rows_, columns_, weight_bits_, activation_bits_, blocks_, words_;
  std::vector<std::uint64_t> positive_, negative_;
};

/// Accumulators of every window without converters: the plain sum of products.
std::vector<std::int64_t> multiply(const IntegerLayer& layer,
                                   const std::vector<std::int32_t>& window) {
  std::vector<std::int64_t> sums;
  for (Eigen::Index c = 0; c < layer.weights.cols(); ++c) {
    std::int64_t sum = 0;
    for (std::size_t r = 0; r < window.size(); ++r) {
      sum += static_cast<std::int64_t>(layer.weights(static_cast<Eigen::Index>(r), c)) * window[r];
    }
    sums.push_back(sum);
  }
  return sums;
}

void convolve(const Layer& layer, const IntegerLayer& integers, const AdcModel* adc,
              LayerTrace& trace) {
  const Shape map = trace.convolved_shape;
  trace.accumulators.resize(static_cast<std::size_t>(map.size()));
  std::optional<CrossbarColumns> columns;
  if (adc != nullptr) columns.emplace(integers, *adc);
  for (int y = 0; y < map.height; ++y) {
    for (int x = 0; x < map.width; ++x) {
      const std::vector<std::int32_t> window = gather_window(layer, trace.inputs, y, x);
      std::uint64_t clipped = 0;
      const std::vector<std::int64_t> sums =
          columns ? columns->read(window, clipped) : multiply(integers, window);
      // Windows that no pooling window covers are computed here for completeness; the chip skips
      // them.
      const bool counts =
          y < trace.output_shape.height * layer.pool && x < trace.output_shape.width * layer.pool;
      if (counts) trace.clipped_conversions += clipped;
      for (int c = 0; c < map.channels; ++c) {
        trace.accumulators[static_cast<std::size_t>((c * map.height + y) * map.width + x)] =
            sums[static_cast<std::size_t>(c)];
      }
    }
  }
}

void requantise_and_pool(const Layer& layer, const IntegerLayer& integers, LayerTrace& trace) {
  const Shape map = trace.convolved_shape;
  const Shape out = trace.output_shape;
  trace.outputs.reserve(static_cast<std::size_t>(out.size()));
  for (int c = 0; c < out.channels; ++c) {
    for (int y = 0; y < out.height; ++y) {
      for (int x = 0; x < out.width; ++x) {
        std::int32_t maximum = 0;
        for (int py = y * layer.pool; py < (y + 1) * layer.pool; ++py) {
          for (int px = x * layer.pool; px < (x + 1) * layer.pool; ++px) {
            const auto at = static_cast<std::size_t>((c * map.height + py) * map.width + px);
            const auto channel = static_cast<std::size_t>(c);
            maximum = std::max(
                maximum, requantise(trace.accumulators[at], integers.multiplier[channel],
                                    integers.bias[channel], integers.shift, integers.output_bits));
          }
        }
        trace.outputs.push_back(maximum);
      }
    }
  }
}

}  // namespace

int AdcModel::convert(int difference) const {
  const int limit = 1 << (bits - 1);
  return std::clamp(unlimited_code(*this, difference), -limit, limit - 1) * lsb;
}

bool AdcModel::clips(int difference) const {
  const int limit = 1 << (bits - 1);
  const int code = unlimited_code(*this, difference);
  return code < -limit || code > limit - 1;
}

bool AdcModel::lossless(int rows) const {
  const int largest = std::min(rows, block_rows);
  for (int difference = -largest; difference <= largest; ++difference) {
    if (convert(difference) != difference) return false;
  }
  return true;
}

std::int32_t requantise(std::int64_t accumulator, std::int32_t multiplier, std::int64_t bias,
                        int shift, int output_bits) {
  const std::int64_t shifted = (accumulator * multiplier + bias) >> shift;
  // The look-up table has one entry per signed address of output_bits + 1 bits; its negative half
  // holds zeros.
  const std::int64_t limit = std::int64_t{1} << output_bits;
  const std::int64_t address = std::clamp(shifted, -limit, limit - 1);
  return address < 0 ? 0 : static_cast<std::int32_t>(address);
}

int argmax(const std::vector<std::int64_t>& values) {
  return static_cast<int>(std::max_element(values.begin(), values.end()) - values.begin());
}

GoldenResult golden_inference(const IntegerNetwork& network, const std::vector<std::uint8_t>& image,
                              const AdcModel* adc) {
  network.validate();
  const Shape& expected = network.network.image;
  if (image.size() != static_cast<std::size_t>(expected.size())) {
    throw InputError(fmt::format("image of {} pixels: {} takes {}x{}x{}", image.size(),
                                 network.network.name, expected.channels, expected.height,
                                 expected.width));
  }
  if (adc != nullptr && (adc->bits < 1 || adc->bits > 16 || adc->lsb < 1 || adc->block_rows < 1)) {
    throw InputError(fmt::format(
        "ADC of {} bits, lsb {}, {} rows: bits must be in [1, 16], lsb and rows positive",
        adc->bits, adc->lsb, adc->block_rows));
  }
  GoldenResult result;
  result.layers.resize(network.layers.size());
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const Layer& layer = network.layer(l);
    const IntegerLayer& integers = network.layers[l];
    LayerTrace& trace = result.layers[l];
    const int source = layer.inputs.front();
    trace.input_shape = layer.input;
    trace.convolved_shape = layer.convolved();
    trace.output_shape = layer.output();
    if (source == kImage) {
      trace.inputs = quantise_image(image, integers.activation_bits);
    } else {
      const auto& outputs = result.layers[static_cast<std::size_t>(source)].outputs;
      trace.inputs.assign(outputs.begin(), outputs.end());
    }
    convolve(layer, integers, adc, trace);
    if (integers.output_bits == 0) {
      trace.outputs = trace.accumulators;
    } else {
      requantise_and_pool(layer, integers, trace);
    }
  }
  const LayerTrace& last = result.layers.back();
  const std::size_t positions = last.outputs.size() / network.output_bias.size();
  for (std::size_t i = 0; i < last.outputs.size(); ++i) {
    result.logits.push_back(last.outputs[i] + network.output_bias[i / positions]);
  }
  result.prediction = argmax(result.logits);
  return result;
}

}  // namespace kirchhoff::quant
