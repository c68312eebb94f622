#include "quant/accuracy/requantisation.h"

#include <algorithm>
#include <cmath>

#include "base/kernels.h"

namespace kirchhoff::quant {
namespace {

/// Outputs that are pooled from their requantised windows at a time.
constexpr int kPooledTogether = 32;

/// Pooling and requantisation of some sums of one channel.
struct PooledRows {
  const std::int32_t* sums = nullptr;
  std::ptrdiff_t window_step = 0, line_step = 0;
  int pool = 1;
  int lines = 0, count = 0;  ///< outputs wanted: lines of so many
  double multiplier = 0.0, bias = 0.0;
  int low = 0, top = 255;
  bool fits = false;                ///< no value leaves 32 bits before it is clamped
  std::uint8_t* outputs = nullptr;  ///< (column, lane)
  std::ptrdiff_t output_step = 0;   ///< from one line to the next
};

/// Requantisation of some windows of one channel.
struct WindowLine {
  const std::int32_t* sums = nullptr;
  std::ptrdiff_t step = 0;
  int count = 0;
  double multiplier = 0.0, bias = 0.0;
  const std::uint8_t* residual = nullptr;  ///< of the first window
  std::ptrdiff_t residual_step = 0;
  double residual_multiplier = 0.0;
  int low = 0, top = 255;
  bool fits = false;
  const std::uint8_t* table = nullptr;  ///< entries from `low` on; null: none
  std::uint8_t* outputs = nullptr;      ///< (window, lane)
};

struct Kernels {
  void (*pool_rising)(const PooledRows& rows);
  void (*pool_falling)(const PooledRows& rows);
  void (*finish_alone)(const WindowLine& line);  ///< without a second operand
  void (*finish_unsigned)(const WindowLine& line);
  void (*finish_signed)(const WindowLine& line);
  void (*merge_unsigned)(const std::uint8_t* other, int count, std::uint8_t* largest);
  void (*merge_signed)(const std::uint8_t* other, int count, std::uint8_t* largest);
};

#define KIRCHHOFF_KERNELS "quant/accuracy/requantise_kernels.inc"
#include "base/each_processor.inc"

}  // namespace

Requantisation::Requantisation(const Layer& layer, const IntegerLayer& integers)
    : convolved_(layer.convolved()),
      output_(layer.output()),
      pool_(layer.pool),
      signed_output_(integers.output_signed),
      residual_multiplier_(
          std::ldexp(static_cast<double>(integers.residual_multiplier), -integers.shift)) {
  for (std::size_t k = 0; k < integers.multiplier.size(); ++k) {
    multiplier_.push_back(std::ldexp(static_cast<double>(integers.multiplier[k]), -integers.shift));
    bias_.push_back(std::ldexp(static_cast<double>(integers.bias[k]), -integers.shift));
  }
  constexpr double kLargest = 2147483648.0;  // size of a sum
  for (std::size_t k = 0; k < multiplier_.size(); ++k) {
    fits_ = fits_ && std::fabs(multiplier_[k]) * kLargest + std::fabs(bias_[k]) +
                             256 * std::fabs(residual_multiplier_) <
                         kLargest - 1;
  }
  if (integers.table.empty()) {
    low_ = layer.function.non_negative() ? 0 : integers.least_output();
    top_ = integers.largest_output();
  } else {
    low_ = -(1 << integers.output_bits);
    top_ = -low_ - 1;
    for (const std::int32_t entry : integers.table)
      table_.push_back(static_cast<std::uint8_t>(entry));
  }
  if (!layer.has_weights() && integers.multiplier.size() > 1) {
    for (int y = 0; y < convolved_.height; ++y) {
      for (int x = 0; x < convolved_.width; ++x) constants_.push_back(constant_of(layer, 0, y, x));
    }
  }
  by_windows_ = !layer.residual.empty() || !table_.empty() || !constants_.empty();
}

Requantisation::Requantisation(const Layer& layer, const std::vector<std::int64_t>& output_bias)
    : convolved_(layer.convolved()), output_(layer.output()), output_bias_(output_bias) {}

void Requantisation::finish(const SumRows& rows, const StageMaps& maps) const {
  std::ptrdiff_t at =
      ((static_cast<std::ptrdiff_t>(rows.channel) * output_.height + rows.y) * output_.width +
       rows.x) *
      kLanes;
  if (maps.logits == nullptr && !by_windows_) return finish_pooled(rows, maps.output + at);
  SumRows line = rows;
  for (int i = 0; i < rows.lines; ++i, ++line.y) {
    if (maps.logits != nullptr) {
      deliver(line, maps.logits + at);
    } else {
      finish_windows(line, maps.residual, maps.output + at);
    }
    line.sums += pool_ * rows.line_step;
    at += std::ptrdiff_t{output_.width} * kLanes;
  }
}

void Requantisation::deliver(const SumRows& rows, std::int64_t* logits) const {
  const std::int64_t bias = output_bias_[static_cast<std::size_t>(rows.channel)] + rows.missing;
  for (int i = 0; i < rows.outputs; ++i) {
    for (int lane = 0; lane < kLanes; ++lane)
      *logits++ = rows.sums[i * rows.window_step + lane] + bias;
  }
}

int Requantisation::constant_at(int channel, int y, int x) const {
  if (!constants_.empty()) return constants_[static_cast<std::size_t>(y * convolved_.width + x)];
  return multiplier_.size() == 1 ? 0 : channel;
}

void Requantisation::finish_pooled(const SumRows& rows, std::uint8_t* outputs) const {
  const auto k = static_cast<std::size_t>(constant_at(rows.channel, 0, 0));
  PooledRows pooled;
  pooled.sums = rows.sums;
  pooled.window_step = rows.window_step;
  pooled.line_step = rows.line_step;
  pooled.pool = pool_;
  pooled.lines = rows.lines;
  pooled.count = rows.outputs;
  pooled.multiplier = multiplier_[k];
  // Still exact: both parts are multiples of 2^-shift below 2^(48-shift).
  pooled.bias = bias_[k] + static_cast<double>(rows.missing) * pooled.multiplier;
  pooled.low = low_;
  pooled.top = top_;
  pooled.fits = fits_;
  pooled.outputs = outputs;
  pooled.output_step = std::ptrdiff_t{output_.width} * kLanes;
  if (pooled.multiplier < 0.0) return kernels().pool_falling(pooled);
  kernels().pool_rising(pooled);
}

void Requantisation::finish_windows(const SumRows& rows, const LaneMap& residual,
                                    std::uint8_t* outputs) const {
  if (pool_ == 1) {
    return finish_line(rows.sums, rows, residual, rows.y, rows.x, rows.outputs, outputs);
  }
  const auto merge = signed_output_ ? kernels().merge_signed : kernels().merge_unsigned;
  std::uint8_t others[kPooledTogether * kLanes];
  for (int first = 0; first < rows.outputs; first += kPooledTogether) {
    const int count = std::min(kPooledTogether, rows.outputs - first);
    std::uint8_t* largest = outputs + static_cast<std::ptrdiff_t>(first) * kLanes;
    for (int py = 0; py < pool_; ++py) {
      for (int px = 0; px < pool_; ++px) {
        const std::int32_t* sums =
            rows.sums + py * rows.line_step +
            (static_cast<std::ptrdiff_t>(first) * pool_ + px) * rows.window_step;
        const bool alone = py == 0 && px == 0;
        finish_line(sums, rows, residual, rows.y * pool_ + py, (rows.x + first) * pool_ + px, count,
                    alone ? largest : others);
        if (!alone) merge(others, count * kLanes, largest);
      }
    }
  }
}

void Requantisation::finish_line(const std::int32_t* sums, const SumRows& rows,
                                 const LaneMap& residual, int y, int x, int count,
                                 std::uint8_t* outputs) const {
  WindowLine line;
  line.step = rows.window_step * pool_;
  line.residual_step = std::ptrdiff_t{pool_} * kLanes;
  line.residual_multiplier = residual_multiplier_;
  line.low = low_;
  line.top = top_;
  line.fits = fits_;
  line.table = table_.empty() ? nullptr : table_.data();
  const auto finish = residual.planes == nullptr ? kernels().finish_alone
                      : residual.has_sign        ? kernels().finish_signed
                                                 : kernels().finish_unsigned;
  // As many windows at a time as take the same constants: all but those of an average's edges.
  for (int done = 0; done < count; done += line.count) {
    const int constant = constant_at(rows.channel, y, x + done * pool_);
    line.count = constants_.empty() ? count : 1;
    while (done + line.count < count &&
           constant_at(rows.channel, y, x + (done + line.count) * pool_) == constant) {
      ++line.count;
    }
    const auto k = static_cast<std::size_t>(constant);
    line.multiplier = multiplier_[k];
    line.bias = bias_[k] + static_cast<double>(rows.missing) * line.multiplier;
    line.sums = sums + done * line.step;
    if (residual.planes != nullptr) {
      line.residual =
          residual.planes[rows.channel] +
          (static_cast<std::ptrdiff_t>(y) * convolved_.width + x + done * pool_) * kLanes;
    }
    line.outputs = outputs + static_cast<std::ptrdiff_t>(done) * kLanes;
    finish(line);
  }
}

}  // namespace kirchhoff::quant
