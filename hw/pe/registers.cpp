#include "hw/pe/registers.h"

#include "hw/pe/column_loops.h"

namespace kirchhoff::hw {

void digit_of_rows(const std::vector<std::int32_t>& values, const PeSetup& setup,
                   const DacConfig& dac, const InputDigit& digit, const RowGroup& group,
                   WordLines& lines) {
  const bool has_top_bit = digit.bit + digit.bits == setup.activation_bits;
  lines.has_sign = has_top_bit && smallest_digit(dac, setup.input_signed) < 0;
  lines.planes.assign(static_cast<std::size_t>(digit.bits), LinePlane{});
  for (std::size_t p = 0; p < lines.planes.size(); ++p) {
    const int bit = digit.bit + static_cast<int>(p);
    for (int r = group.first; r < group.first + group.rows; ++r) {
      const auto level =
          static_cast<std::uint64_t>((values[static_cast<std::size_t>(r)] >> bit) & 1);
      lines.planes[p][static_cast<std::size_t>(r / 64)] |= level << (r % 64);
    }
  }
}

void InputRegister::load(int slot, const std::int32_t* values, int rows, int bits) {
  writes_ += words(config_, static_cast<long long>(rows) * bits);
  if (values) slots_[static_cast<std::size_t>(slot)].assign(values, values + rows);
}

void InputRegister::read_digit(int slot, const PeSetup& setup, const DacConfig& dac,
                               const InputDigit& digit, const RowGroup& group, WordLines& lines) {
  if (group.first == 0) count_reads(setup.rows, digit.bits);
  lines.planes.clear();
  if (setup.functional) digit_of_rows(values(slot), setup, dac, digit, group, lines);
}

void OutputRegister::accumulate(int slot, std::int32_t factor, const Columns& codes) {
  add_scaled(codes.data(), static_cast<int>(codes.size()), factor, this->slot(slot).data());
}

void OutputRegister::count_reads(int columns, int bits, int reads) {
  const std::uint64_t accesses =
      words(config_, static_cast<long long>(columns) * bits) * static_cast<unsigned>(reads);
  reads_ += accesses;
  writes_ += accesses;
}

const Sums& OutputRegister::drain(int slot, int columns, int bits) {
  reads_ += words(config_, static_cast<long long>(columns) * bits);
  return this->slot(slot);
}

}  // namespace kirchhoff::hw
