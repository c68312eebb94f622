#include "quant/accuracy/converted_convolution.h"

#include <algorithm>

#include "base/stop_request.h"

namespace kirchhoff::quant {

ConvertedConvolution::ConvertedConvolution(const Layer& layer, const Eigen::MatrixXi& plain,
                                           int plain_groups, int block_rows)
    : layer_(layer), output_(layer.output()), block_rows_(block_rows) {
  if (plain.size() == 0) return;
  Layer shape = layer_;
  shape.groups = plain_groups;
  plain_.emplace(shape, plain);
}

void ConvertedConvolution::compute(const Requantisation& requantisation, const StageMaps& maps,
                                   StageScratch& scratch) const {
  const int count = layer_.windows();
  const int rounded = (count + kSlotWindows - 1) / kSlotWindows * kSlotWindows;
  scratch.lines.resize(block_rows_, maps.input.bits, maps.input.has_sign);
  scratch.all_sums.assign(static_cast<std::size_t>(rounded * window_step()), 0);
  if (plain_) add_plain(maps.input, scratch);

  for (int first = 0; first < count; first += kSlotWindows) {
    give_up_if_stopped();
    Windows windows;
    windows.first = first;
    windows.count = std::min(kSlotWindows, count - first);
    for (int slot = 0; slot < windows.count * kLanes; ++slot) {
      if (slot % kLanes >= maps.lanes.first && slot % kLanes < maps.lanes.end)
        windows.valid.words[slot / 64] |= std::uint64_t{1} << slot % 64;
    }
    if (maps.images != nullptr) set_noise(windows, maps.images, scratch);
    convert(windows, maps.input, scratch);
  }

  SumRows rows;
  rows.window_step = window_step();
  rows.line_step = window_step() * output_.width * layer_.pool;
  rows.outputs = output_.width;
  for (rows.channel = 0; rows.channel < layer_.out_channels; ++rows.channel) {
    for (rows.y = 0; rows.y < output_.height; ++rows.y) {
      rows.sums = scratch.all_sums.data() + rows.y * layer_.pool * rows.line_step +
                  static_cast<std::ptrdiff_t>(rows.channel) * kLanes;
      requantisation.finish(rows, maps);
    }
  }
}

void ConvertedConvolution::set_noise(Windows& windows, const std::uint32_t* images,
                                     StageScratch& scratch) const {
  const int windows_per_line = output_.width * layer_.pool;
  scratch.slot_images.clear();
  scratch.slot_windows.clear();
  for (int window = windows.first; window < windows.first + kSlotWindows; ++window) {
    scratch.slot_images.insert(scratch.slot_images.end(), images, images + kLanes);
    scratch.slot_windows.insert(
        scratch.slot_windows.end(), kLanes,
        base::window_word(window / windows_per_line, window % windows_per_line));
  }
  windows.noise = {scratch.slot_images.data(), scratch.slot_windows.data(), kSlots};
}

void ConvertedConvolution::add_plain(const LaneMap& map, StageScratch& scratch) const {
  plain_->add_products(map, scratch, [&](const PairConvolution::Sums& sums) {
    const std::ptrdiff_t first = std::ptrdiff_t{sums.y} * layer_.pool * sums.windows;
    for (std::ptrdiff_t w = 0; w < std::ptrdiff_t{layer_.pool} * sums.windows; ++w) {
      std::copy_n(sums.sums + w * sums.channels * kLanes, sums.channels * kLanes,
                  scratch.all_sums.data() + (first + w) * window_step() +
                      static_cast<std::ptrdiff_t>(sums.first_channel) * kLanes);
    }
  });
}

void ConvertedConvolution::set_lines(int first_row, int rows, const Windows& windows,
                                     const LaneMap& map, StageScratch& scratch) const {
  static constexpr std::uint8_t kZeros[kLanes] = {};
  const int windows_per_line = output_.width * layer_.pool;
  const int kernel = layer_.kernel_height * layer_.kernel_width;
  for (int r = 0; r < rows; ++r) {
    const int channel = (first_row + r) / kernel, tap = (first_row + r) % kernel;
    const std::uint8_t* inputs[kSlotWindows];
    for (int w = 0; w < kSlotWindows; ++w) {
      const int window = windows.first + w;
      const int y = window / windows_per_line * layer_.stride.height +
                    tap / layer_.kernel_width * layer_.dilation.height - layer_.padding.top;
      const int x = window % windows_per_line * layer_.stride.width +
                    tap % layer_.kernel_width * layer_.dilation.width - layer_.padding.left;
      const bool inside = w < windows.count && y >= 0 && y < layer_.input.height && x >= 0 &&
                          x < layer_.input.width;
      inputs[w] = inside ? map.planes[channel] +
                               (static_cast<std::ptrdiff_t>(y) * layer_.input.width + x) * kLanes
                         : kZeros;
    }
    scratch.lines.set_row(r, inputs);
  }
  scratch.lines.finish(rows);
}

}  // namespace kirchhoff::quant
