#include "hw/controller/register_file.h"

#include <algorithm>

namespace kirchhoff::hw {

namespace {

struct Range {
  std::uint32_t low, high;
};

// Allowed values of the layer registers. Wrong values are refused when they are written, not when
// they hurt.
Range range_of(reg::Address address) {
  switch (address) {
    case reg::kWeightBits:
    case reg::kActivationBits:
      return {1, 16};
    case reg::kOutputBits:
      return {0, 16};
    case reg::kSlices:
      return {1, 64};
    case reg::kChannels:
    case reg::kInputHeight:
    case reg::kInputWidth:
    case reg::kKernelHeight:
    case reg::kKernelWidth:
    case reg::kStride:
    case reg::kOutputHeight:
    case reg::kOutputWidth:
    case reg::kPool:
    case reg::kSources:
    case reg::kBufferRows:
      return {1, 65535};
    case reg::kShift:
      return {0, 62};
    case reg::kGroups:
      return {1, reg::kMaxGroups};
    case reg::kHops:
      return {0, reg::kMaxHops};
    case reg::kProducers:
      return {0, reg::kMaxProducers};
    case reg::kImages:
      return {1, 1 << 20};
    case reg::kSumBits:
      return {8, 64};
    case reg::kFunctional:
      return {0, 1};
    default:
      return {0, 0x7fffffff};
  }
}

}  // namespace

RegisterFile::RegisterFile(int tile, int pes)
    : tile_(tile), pes_(pes), words_(reg::block_address(pes, 0) / 4, 0) {}

void RegisterFile::clear() {
  for (const reg::Address address : written_) words_[address / 4] = 0;
  written_.clear();
  multipliers_.clear();
  biases_.clear();
}

RegisterFile::Result RegisterFile::write(reg::Address address, std::uint32_t value) {
  if (address % 4 != 0) return Result::kAddressError;
  if (address == reg::kId || address == reg::kStatus) return Result::kAccessError;
  const bool layer = address >= reg::kWeightBits && address < reg::kEnd;
  const bool producer =
      address >= reg::kProducerBase && address < reg::kProducerBase + 4 * reg::kMaxProducers;
  const bool block = address >= reg::kBlockBase && address < reg::block_address(pes_, 0);
  const bool group =
      address >= reg::kGroupBase && address < reg::kGroupBase + reg::kGroupStride * reg::kMaxGroups;
  const bool hop =
      address >= reg::kHopBase && address < reg::kHopBase + reg::kHopStride * reg::kMaxHops;
  if (!layer && !producer && !block && !group && !hop) return Result::kAddressError;
  const Range range = layer ? range_of(address) : Range{0, 0x7fffffff};
  if (value < range.low || value > range.high) return Result::kRangeError;
  std::uint32_t& word = words_[address / 4];
  if (word == 0 && value != 0) written_.push_back(address);
  word = value;
  return Result::kOk;
}

RegisterFile::Result RegisterFile::read(reg::Address address, std::uint32_t& value) const {
  if (address % 4 != 0 || address >= reg::block_address(pes_, 0)) return Result::kAddressError;
  if (address == reg::kControl) return Result::kAccessError;
  value = address == reg::kId ? static_cast<std::uint32_t>(tile_) : words_[address / 4];
  return Result::kOk;
}

RegisterFile::Result RegisterFile::write_multiplier(int channel, std::int32_t value) {
  if (channel < 0 || channel >= reg::kMaxChannels) return Result::kAddressError;
  const auto at = static_cast<std::size_t>(channel);
  if (multipliers_.size() <= at) multipliers_.resize(at + 1, 0);
  multipliers_[at] = value;
  return Result::kOk;
}

RegisterFile::Result RegisterFile::write_bias(int channel, std::int64_t value) {
  if (channel < 0 || channel >= reg::kMaxChannels) return Result::kAddressError;
  const auto at = static_cast<std::size_t>(channel);
  if (biases_.size() <= at) biases_.resize(at + 1, 0);
  biases_[at] = value;
  return Result::kOk;
}

LayerRegisters RegisterFile::layer() const {
  LayerRegisters r{};
  r.weight_bits = word(reg::kWeightBits);
  r.activation_bits = word(reg::kActivationBits);
  r.output_bits = word(reg::kOutputBits);
  r.slices = word(reg::kSlices);
  r.channel_begin = word(reg::kChannelBegin);
  r.channels = word(reg::kChannels);
  r.input_height = word(reg::kInputHeight);
  r.input_width = word(reg::kInputWidth);
  r.kernel_height = word(reg::kKernelHeight);
  r.kernel_width = word(reg::kKernelWidth);
  r.stride = word(reg::kStride);
  r.padding = word(reg::kPadding);
  r.output_height = word(reg::kOutputHeight);
  r.output_width = word(reg::kOutputWidth);
  r.pool = word(reg::kPool);
  r.shift = word(reg::kShift);
  r.sources = word(reg::kSources);
  r.groups = word(reg::kGroups);
  r.hops = word(reg::kHops);
  r.layer = word(reg::kLayer);
  r.functional = word(reg::kFunctional) != 0;
  r.images = word(reg::kImages);
  r.buffer_rows = word(reg::kBufferRows);
  r.producers = word(reg::kProducers);
  r.sum_bits = word(reg::kSumBits);
  return r;
}

BlockRegisters RegisterFile::block(int pe, int block) const {
  const reg::Address base = reg::block_address(pe, block);
  return {word(base + reg::kBlockRowBegin), word(base + reg::kBlockRows),
          word(base + reg::kBlockColumns), word(base + reg::kBlockGroup),
          word(base + reg::kBlockFirstPair)};
}

GroupRegisters RegisterFile::group(int group) const {
  const reg::Address base = reg::kGroupBase + reg::kGroupStride * static_cast<unsigned>(group);
  return {word(base + reg::kGroupChannelBegin), word(base + reg::kGroupChannels),
          word(base + reg::kGroupAggregator),   word(base + reg::kGroupSlot),
          word(base + reg::kGroupPartials),     word(base + reg::kGroupWindows)};
}

HopRegisters RegisterFile::hop(int hop) const {
  const reg::Address base = reg::kHopBase + reg::kHopStride * static_cast<unsigned>(hop);
  return {word(base + reg::kHopGroup),    word(base + reg::kHopNode),
          word(base + reg::kHopStream),   word(base + reg::kHopChannelBegin),
          word(base + reg::kHopChannels), word(base + reg::kHopRows)};
}

}  // namespace kirchhoff::hw
