#pragma once

// Shared by the portable layers' sources: what they know of tensors, and sums in a fixed order.
#include <algorithm>
#include <cstdint>
#include <vector>

#include <torch/torch.h>

#ifndef INTRA_OP_PARALLEL
#error "at::parallel_for runs on one thread here: compile with LibTorch's threading (OpenMP)"
#endif

namespace kirchhoff::quant {

/// Whether the portable layers compute with this tensor.
inline bool computed_here(const torch::Tensor& tensor) {
  return tensor.device().is_cpu() && tensor.scalar_type() == torch::kFloat32;
}

inline torch::Tensor channels_last(const torch::Tensor& map) {
  return map.contiguous(at::MemoryFormat::ChannelsLast);
}

/// A channels-last map seen as rows: a pixel, or an image's outputs, each.
struct PixelRows {
  explicit PixelRows(const torch::Tensor& map)
      : columns(map.size(1)), rows(columns > 0 ? map.numel() / columns : 0) {}
  std::int64_t columns, rows;
};

/// Rows of a group, whose sums are added up group by group: a number of its own, so that neither
/// threads nor vectors decide the order.
constexpr std::int64_t kRowsOfGroup = 512;

/// Calls add(row, sums) for every row, `sums` being its group's `count` sums, in parallel over the
/// groups; returns the groups' sums added up in their order.
template <class Add>
std::vector<double> sum_of_rows(std::int64_t rows, std::size_t count, const Add& add) {
  const std::int64_t groups = (rows + kRowsOfGroup - 1) / kRowsOfGroup;
  std::vector<double> sums(static_cast<std::size_t>(std::max<std::int64_t>(groups, 1)) * count);
  at::parallel_for(0, groups, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t group = begin; group < end; ++group) {
      double* const own = sums.data() + static_cast<std::size_t>(group) * count;
      const std::int64_t last = std::min(rows, (group + 1) * kRowsOfGroup);
      for (std::int64_t row = group * kRowsOfGroup; row < last; ++row) add(row, own);
    }
  });
  for (std::int64_t group = 1; group < groups; ++group) {
    const double* const own = sums.data() + static_cast<std::size_t>(group) * count;
    for (std::size_t c = 0; c < count; ++c) sums[c] += own[c];
  }
  sums.resize(count);
  return sums;
}

/// Sums of every column of rows x columns values.
inline std::vector<double> column_sums(const float* values, std::int64_t rows,
                                       std::int64_t columns) {
  return sum_of_rows(rows, static_cast<std::size_t>(columns), [&](std::int64_t row, double* sums) {
    const float* const at = values + row * columns;
    for (std::int64_t c = 0; c < columns; ++c) {
      sums[c] += static_cast<double>(at[c]);
    }
  });
}

inline torch::Tensor floats_of(const std::vector<double>& values) {
  auto result = torch::empty({static_cast<std::int64_t>(values.size())}, torch::kFloat32);
  std::transform(values.begin(), values.end(), result.data_ptr<float>(),
                 [](double value) { return static_cast<float>(value); });
  return result;
}

/// Calls work(begin, end) for parts of [0, count) on all threads; a thread gets `grain` at least.
template <class Work>
void in_parallel(std::int64_t count, std::int64_t grain, const Work& work) {
  at::parallel_for(0, count, grain, work);
}

}  // namespace kirchhoff::quant
