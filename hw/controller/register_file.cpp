#include "hw/controller/register_file.h"

#include <optional>
#include <type_traits>

namespace kirchhoff::hw {

namespace {

struct Range {
  std::uint32_t low, high;
};

/// What the word at `address` may hold if it belongs to one of `count` banks.
template <typename Bank>
std::optional<Range> range_in(reg::Address address, int count = reg::kPlace<Bank>.count) {
  const reg::Place place = reg::kPlace<Bank>;
  if (address < place.base || address >= place.at(count)) return std::nullopt;
  const reg::Address offset = (address - place.base) % place.stride;
  for (const reg::Register<Bank>& r : reg::kRegisters<Bank>) {
    if (r.offset == offset) return Range{r.low, r.high};
  }
  // The words between the registers of a descriptor are reserved: they hold what is written.
  if (std::is_same_v<Bank, LayerRegisters>) return std::nullopt;
  return Range{0, reg::kMaxValue};
}

}  // namespace

RegisterFile::RegisterFile(TileId tile, int pes)
    : tile_(tile),
      pes_(pes),
      words_(reg::first_of<BlockRegisters>(reg::block_index(PeId{pes}, 0)) / 4),
      pages_((words_ + kPageWords - 1) / kPageWords) {}

void RegisterFile::clear() {
  for (const std::size_t word : written_) pages_[word / kPageWords][word % kPageWords] = 0;
  written_.clear();
  multipliers_.clear();
  biases_.clear();
  table_.clear();
  weights_.clear();
}

RegisterFile::Result RegisterFile::write(reg::Address address, std::uint32_t value) {
  if (address % 4 != 0) return Result::kAddressError;
  if (address == reg::kId || address == reg::kStatus) return Result::kAccessError;
  std::optional<Range> range = range_in<LayerRegisters>(address);
  if (!range) range = range_in<ProducerRegister>(address);
  if (!range) range = range_in<GroupRegisters>(address);
  if (!range) range = range_in<HopRegisters>(address);
  if (!range) range = range_in<BlockRegisters>(address, reg::block_index(PeId{pes_}, 0));
  if (!range) return Result::kAddressError;
  // Wrong values are refused when they are written, not when they hurt.
  if (value < range->low || value > range->high) return Result::kRangeError;
  set_word(address / 4, value);
  return Result::kOk;
}

void RegisterFile::set_word(std::size_t number, std::uint32_t value) {
  const std::uint32_t before = word(number);
  if (before == value) return;
  if (before == 0) written_.push_back(number);
  std::vector<std::uint32_t>& page = pages_[number / kPageWords];
  page.resize(kPageWords, 0);
  page[number % kPageWords] = value;
}

RegisterFile::Result RegisterFile::read(reg::Address address, std::uint32_t& value) const {
  if (address % 4 != 0 || address / 4 >= words_) return Result::kAddressError;
  if (address == reg::kControl) return Result::kAccessError;
  value = address == reg::kId ? static_cast<std::uint32_t>(tile_) : word(address / 4);
  return Result::kOk;
}

namespace {

/// Sets a place of a list that grows; false beyond `most`.
template <typename T>
bool put(std::vector<T>& list, int place, T value, int most) {
  if (place < 0 || place >= most) return false;
  const auto at = static_cast<std::size_t>(place);
  if (list.size() <= at) list.resize(at + 1, 0);
  list[at] = value;
  return true;
}

}  // namespace

RegisterFile::Result RegisterFile::write_multiplier(int channel, std::int32_t value) {
  return put(multipliers_, channel, value, reg::kMaxChannels) ? Result::kOk : Result::kAddressError;
}

RegisterFile::Result RegisterFile::write_bias(int channel, std::int64_t value) {
  return put(biases_, channel, value, reg::kMaxChannels) ? Result::kOk : Result::kAddressError;
}

RegisterFile::Result RegisterFile::write_table(int entry, std::int32_t value) {
  return put(table_, entry, value, reg::kMaxTable) ? Result::kOk : Result::kAddressError;
}

RegisterFile::Result RegisterFile::write_weight(int place, std::int32_t value) {
  return put(weights_, place, value, reg::kMaxWeights) ? Result::kOk : Result::kAddressError;
}

}  // namespace kirchhoff::hw
