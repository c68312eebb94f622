#include "hw/pe/pe_cells.h"

#include <algorithm>
#include <utility>

namespace kirchhoff::hw {

PeCells::PeCells(const PeConfig& config)
    : crossbar_(config.crossbar),
      encoding_(config.encoding),
      pairs_(static_cast<std::size_t>(config.pairs)),
      unit_column_(config.extra_columns() > 0),
      model_(config.real() ? std::make_optional<CellModel>(config.cells, config.crossbar.cell_bits)
                           : std::nullopt),
      converters_(config.adc.errors.straight() ? std::nullopt
                                               : std::make_optional<ConverterModel>(config)),
      noise_(config.noisy() ? std::make_optional<NoiseModel>(config) : std::nullopt),
      per_pair_(config.adc.per_pair) {}

std::vector<LaneCells>& PeCells::lanes() const {
  if (lanes_.empty()) lanes_.assign(pairs_, LaneCells(crossbar_, encoding_));
  return lanes_;
}

void PeCells::erase() {
  // Most PEs of a chip are never written between two programs.
  if (!std::exchange(written_, false)) return;
  for (LaneCells& lane : lanes_) lane.clear();
}

void PeCells::realise(const PeSetup& block) {
  if (!model_) return;
  for (int s = 0; s < block.slices; ++s) {
    LaneCells& lane = lanes()[static_cast<std::size_t>(block.first_pair + s)];
    ArrayPlace place{block.layer, block.row_begin, block.column_begin, s,
                     false,       block.rows,      block.columns};
    const NoiseModel* const noise = noise_ ? &*noise_ : nullptr;
    if (noise_) lane.noise.emplace(*noise_, place);
    lane.positive.realise(*model_, noise, place, block.rows, block.columns, unit_column_);
    lane.converters.clear();
    const int used = std::min(per_pair_, block.columns + (unit_column_ ? 1 : 0));
    for (int k = 0; converters_ && k < used; ++k)
      lane.converters.push_back(converters_->transfer(place, k));
    if (!lane.negative) continue;
    place.negative = true;
    lane.negative->realise(*model_, noise, place, block.rows, block.columns, unit_column_);
  }
}

bool PeCells::find(reg::Address address, unsigned length, Place& place) const {
  const std::uint64_t array = address / reg::kCellArrayStride;
  const std::uint64_t offset = address % reg::kCellArrayStride;
  if (array / 2 >= pairs_) return false;
  place.lane = array / 2;
  place.positive = array % 2 == 0;
  place.flags = offset == reg::kFlipOffset;
  const LaneCells& lane = lanes()[place.lane];
  if (!place.positive && !lane.negative) return false;
  if (place.flags) return encoding_ == Encoding::kOffset && length == (lane.flipped.size() + 7) / 8;
  const auto row_bytes = static_cast<unsigned>(lane.positive.row_bytes());
  place.row = static_cast<int>(offset / row_bytes);
  place.rows = static_cast<int>(length / row_bytes);
  return offset % row_bytes == 0 && length % row_bytes == 0 &&
         place.row + place.rows <= lane.positive.rows();
}

bool PeCells::write(reg::Address address, const std::uint8_t* bytes, unsigned length) {
  Place place{};
  if (!find(address, length, place)) return false;
  written_ = true;
  LaneCells& lane = lanes()[place.lane];
  if (place.flags) {
    for (std::size_t c = 0; c < lane.flipped.size(); ++c)
      lane.flipped[c] = (bytes[c / 8] >> (c % 8)) & 1;
    return true;
  }
  CrossbarArray& array = place.positive ? lane.positive : *lane.negative;
  for (int r = 0; r < place.rows; ++r)
    array.write_row(place.row + r, bytes + static_cast<std::ptrdiff_t>(r) * array.row_bytes());
  return true;
}

bool PeCells::read(reg::Address address, std::uint8_t* bytes, unsigned length) const {
  Place place{};
  if (!find(address, length, place)) return false;
  const LaneCells& lane = lanes()[place.lane];
  if (place.flags) {
    std::fill(bytes, bytes + length, std::uint8_t{0});
    for (std::size_t c = 0; c < lane.flipped.size(); ++c)
      bytes[c / 8] = static_cast<std::uint8_t>(bytes[c / 8] | lane.flipped[c] << (c % 8));
    return true;
  }
  const CrossbarArray& array = place.positive ? lane.positive : *lane.negative;
  for (int r = 0; r < place.rows; ++r)
    array.read_row(place.row + r, bytes + static_cast<std::ptrdiff_t>(r) * array.row_bytes());
  return true;
}

}  // namespace kirchhoff::hw
