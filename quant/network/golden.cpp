#include "quant/network/golden.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdlib>
#include <optional>

#include <fmt/format.h>

#include "base/error.h"
#include "base/kernels.h"
#include "base/stop_request.h"

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

/// The cells of one layer as the crossbars hold them: word lines packed 64 to a word and one plane
/// per bit of a level, so that a column's current is a sum of population counts.
class CrossbarColumns {
 public:
  CrossbarColumns(const IntegerLayer& layer, const AdcModel& adc)
      : adc_(adc),
        rows_(static_cast<int>(layer.weights.rows())),
        columns_(static_cast<int>(layer.weights.cols())),
        weight_bits_(layer.weight_bits),
        activation_bits_(layer.activation_bits),
        blocks_((rows_ + adc.block_rows - 1) / adc.block_rows),
        slices_((layer.weight_bits + adc.cell_bits - 1) / adc.cell_bits),
        words_((adc.block_rows + 63) / 64),
        positive_(static_cast<std::size_t>(blocks_) * columns_ * slices_ * adc.cell_bits * words_,
                  0),
        negative_(adc.offset ? 0 : positive_.size(), 0),
        flipped_(static_cast<std::size_t>(blocks_) * columns_ * slices_, false) {
    for (int block = 0; block < blocks_; ++block) {
      for (int c = 0; c < columns_; ++c) {
        for (int j = 0; j < slices_; ++j) program(layer, block, c, j);
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
        int driven = 0;
        for (int r = first_row; r < last_row; ++r) {
          if ((window[static_cast<std::size_t>(r)] >> i & 1) == 0) continue;
          set(word_lines, 0, r - first_row);
          ++driven;
        }
        const int inputs = adc_.unit_column ? adc_.convert(driven) : driven;
        for (int c = 0; c < columns_; ++c) {
          std::int64_t& sum = sums[static_cast<std::size_t>(c)];
          for (int j = 0; j < slices_; ++j) {
            const std::size_t at = slice(block, c, j);
            int value = current(positive_, at, word_lines);
            if (!adc_.offset) value -= current(negative_, at, word_lines);
            if (adc_.clips(value)) ++clipped;
            std::int64_t product = adc_.convert(value);
            if (flipped_[at]) product = adc_.top_level() * inputs - product;
            sum += product * (std::int64_t{1} << (i + j * adc_.cell_bits));
          }
          if (adc_.offset)
            sum -= std::int64_t{inputs} * (std::int64_t{1} << (i + weight_bits_ - 1));
        }
      }
    }
    return sums;
  }

 private:
  /// Slice j of column c in a block: its levels, and whether they are stored flipped.
  void program(const IntegerLayer& layer, int block, int c, int j) {
    const int first_row = block * adc_.block_rows;
    const int last_row = std::min(rows_, first_row + adc_.block_rows);
    const std::size_t at = slice(block, c, j);
    const auto level = [&](int r) {
      const int weight = layer.weights(r, c);
      const int stored = adc_.offset ? weight + (1 << (weight_bits_ - 1)) : std::abs(weight);
      return stored >> (j * adc_.cell_bits) & adc_.top_level();
    };
    if (adc_.offset) {
      int largest = 0;
      for (int r = first_row; r < last_row; ++r) largest += level(r);
      flipped_[at] = largest >= adc_.flip_threshold();
    }
    for (int r = first_row; r < last_row; ++r) {
      std::vector<std::uint64_t>& crossbar =
          !adc_.offset && layer.weights(r, c) < 0 ? negative_ : positive_;
      const int stored = flipped_[at] ? adc_.top_level() - level(r) : level(r);
      for (int bit = 0; bit < adc_.cell_bits; ++bit) {
        if ((stored >> bit & 1) != 0) set(crossbar, plane(at, bit), r - first_row);
      }
    }
  }
  static void set(std::vector<std::uint64_t>& words, std::size_t first_word, int bit) {
    words[first_word + static_cast<std::size_t>(bit / 64)] |= std::uint64_t{1} << (bit % 64);
  }
  /// Index of slice `j` of column `c` of block `block`.
  std::size_t slice(int block, int c, int j) const {
    return (static_cast<std::size_t>(block) * columns_ + c) * slices_ + j;
  }
  /// First word of one bit of the levels of a slice.
  std::size_t plane(std::size_t slice, int bit) const {
    return (slice * adc_.cell_bits + bit) * words_;
  }
  /// Sum of the levels of the column's driven cells.
  int current(const std::vector<std::uint64_t>& crossbar, std::size_t slice,
              const std::vector<std::uint64_t>& word_lines) const {
    std::size_t sum = 0;
    for (int bit = 0; bit < adc_.cell_bits; ++bit) {
      const std::size_t at = plane(slice, bit);
      for (int word = 0; word < words_; ++word) {
        sum += std::bitset<64>(crossbar[at + word] & word_lines[static_cast<std::size_t>(word)])
                   .count()
               << bit;
      }
    }
    return static_cast<int>(sum);
  }

  const AdcModel adc_;
  const int rows_, columns_, weight_bits_, activation_bits_, blocks_, slices_, words_;
  std::vector<std::uint64_t> positive_, negative_;
  std::vector<bool> flipped_;
};

struct Kernels {
  /// sums[c] = the product of column c's weights, which follow each other, with the window. Vectors
  /// make it several times faster; a sum of integers does not depend on its order.
  void (*multiply)(const int* weights, const std::int32_t* window, std::size_t rows,
                   std::vector<std::int64_t>& sums);
};

#define KIRCHHOFF_KERNELS "quant/network/golden_kernels.inc"
#include "base/each_processor.inc"

/// Accumulators of every window without converters: the plain sum of products.
std::vector<std::int64_t> multiply(const IntegerLayer& layer,
                                   const std::vector<std::int32_t>& window) {
  std::vector<std::int64_t> sums(static_cast<std::size_t>(layer.weights.cols()));
  kernels().multiply(layer.weights.data(), window.data(), window.size(), sums);
  return sums;
}

void convolve(const Layer& layer, const IntegerLayer& integers, const AdcModel* adc,
              LayerTrace& trace) {
  const Shape map = trace.convolved_shape;
  trace.accumulators.resize(static_cast<std::size_t>(map.size()));
  std::optional<CrossbarColumns> columns;
  if (adc != nullptr && !adc->lossless(integers)) columns.emplace(integers, *adc);
  for (int y = 0; y < map.height; ++y) {
    for (int x = 0; x < map.width; ++x) {
      give_up_if_stopped();
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

int AdcModel::convert(int value) const {
  const int half = 1 << (bits - 1);
  return std::clamp(unlimited_code(*this, value), offset ? 0 : -half,
                    offset ? 2 * half - 1 : half - 1) *
         lsb;
}

bool AdcModel::clips(int value) const {
  return unlimited_code(*this, value) * lsb != convert(value);
}

int AdcModel::flip_threshold() const {
  int threshold = 1;
  while (2 * threshold <= block_rows * top_level()) threshold *= 2;
  return threshold;
}

bool AdcModel::lossless(int rows) const {
  const int used = std::min(rows, block_rows);
  int largest = used * top_level();
  if (offset) {
    if (unit_column && convert(used) != used) return false;
    largest = std::min(largest, flip_threshold() - 1);
  }
  for (int value = offset ? 0 : -largest; value <= largest; ++value) {
    if (convert(value) != value) return false;
  }
  return true;
}

bool AdcModel::lossless(const IntegerLayer& layer) const {
  if (lsb != 1) return false;
  const int rows = static_cast<int>(layer.weights.rows());
  const int slices = (layer.weight_bits + cell_bits - 1) / cell_bits;
  if (offset && unit_column && clips(std::min(rows, block_rows))) return false;
  for (Eigen::Index c = 0; c < layer.weights.cols(); ++c) {
    for (int first = 0; first < rows; first += block_rows) {
      const int last = std::min(rows, first + block_rows);
      std::array<int, 16> positive{}, negative{};  // sums of levels by slice
      for (int r = first; r < last; ++r) {
        const int weight = layer.weights(r, c);
        int stored = offset ? weight + (1 << (layer.weight_bits - 1)) : std::abs(weight);
        std::array<int, 16>& sums = !offset && weight < 0 ? negative : positive;
        for (int j = 0; stored != 0; ++j, stored >>= cell_bits)
          sums[static_cast<std::size_t>(j)] += stored & top_level();
      }
      for (std::size_t j = 0; j < static_cast<std::size_t>(slices); ++j) {
        int largest = positive[j];
        if (offset && largest >= flip_threshold()) largest = (last - first) * top_level() - largest;
        if (clips(largest) || clips(-negative[j])) return false;
      }
    }
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
  if (adc != nullptr && (adc->bits < 1 || adc->bits > 16 || adc->lsb < 1 || adc->block_rows < 1 ||
                         adc->cell_bits < 1 || adc->cell_bits > 4)) {
    throw InputError(fmt::format(
        "ADC of {} bits, lsb {}, {} rows, cells of {} bits: bits must be in [1, 16], lsb and rows "
        "positive, cell bits in [1, 4]",
        adc->bits, adc->lsb, adc->block_rows, adc->cell_bits));
  }
  GoldenResult result;
  result.layers.resize(network.layers.size());
  for (const LayerId l : network.layers.ids()) {
    const Layer& layer = network.layer(l);
    const IntegerLayer& integers = network.layers[l];
    LayerTrace& trace = result.layers[l];
    const TensorId source = layer.inputs.front();
    trace.input_shape = layer.input;
    trace.convolved_shape = layer.convolved();
    trace.output_shape = layer.output();
    if (source == kImage) {
      trace.inputs = quantise_image(image, integers.activation_bits);
    } else {
      const auto& outputs = result.layers[producer_of(source)].outputs;
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
