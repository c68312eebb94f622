#include "hw/pe/registers.h"

namespace kirchhoff::hw {

WordLines bit_of_rows(const std::vector<std::int32_t>& values, int bit, int rows) {
  WordLines lines{};
  for (int r = 0; r < rows; ++r) {
    const auto level = static_cast<std::uint64_t>((values[static_cast<std::size_t>(r)] >> bit) & 1);
    lines[static_cast<std::size_t>(r / 64)] |= level << (r % 64);
  }
  return lines;
}

void InputRegister::load(int slot, const std::int32_t* values, int rows, int bits) {
  writes_ += words(config_, static_cast<long long>(rows) * bits);
  if (values) slots_[slot].assign(values, values + rows);
}

WordLines InputRegister::read_bit(int slot, int bit, int rows, bool functional) {
  reads_ += words(config_, rows);
  return functional ? bit_of_rows(slots_[slot], bit, rows) : WordLines{};
}

void OutputRegister::accumulate(int slot, int shift, const Columns& codes) {
  Sums& sums_of_slot = slots_[slot];
  for (std::size_t c = 0; c < codes.size(); ++c)
    sums_of_slot[c] += Sum{codes[c]} * (Sum{1} << shift);
}

void OutputRegister::count_steps(int columns, int steps) {
  const std::uint64_t accesses =
      words(config_, static_cast<long long>(columns) * kSumBits) * static_cast<unsigned>(steps);
  reads_ += accesses;
  writes_ += accesses;
}

const Sums& OutputRegister::drain(int slot, int columns) {
  reads_ += words(config_, static_cast<long long>(columns) * kSumBits);
  return slots_[slot];
}

}  // namespace kirchhoff::hw
