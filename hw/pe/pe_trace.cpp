#include "hw/pe/pe_trace.h"

#include <algorithm>

#include "hw/pe/pe.h"

namespace kirchhoff::hw {

namespace {

constexpr const char* kBitNames[] = {"bit 0",  "bit 1",  "bit 2",  "bit 3", "bit 4",  "bit 5",
                                     "bit 6",  "bit 7",  "bit 8",  "bit 9", "bit 10", "bit 11",
                                     "bit 12", "bit 13", "bit 14", "bit 15"};

const char* name_of_bit(int bit) { return bit < 16 ? kBitNames[bit] : "bit"; }

}  // namespace

PeTrace::PeTrace(const Tracer* tracer, const sc_core::sc_object& pe, const PeConfig& config,
                 const Clock& clock, Fidelity fidelity)
    : config_(config), clock_(clock), stages_(config, clock) {
  if (!tracer || !tracer->events) return;
  read_ = Timeline(tracer, pe, "read");
  convert_ = Timeline(tracer, pe, "convert");
  if (fidelity == Fidelity::kBit) {
    bit_read_ = Timeline(tracer, pe, "bit_read");
    bit_convert_ = Timeline(tracer, pe, "bit_convert");
  }
  // Power belongs to the tile; a PE that is tested alone keeps it.
  const sc_core::sc_object* tile = pe.get_parent_object();
  adc_power_ = PowerMeter(tracer, tile ? *tile : pe, "power.adc");
  pe_power_ = PowerMeter(tracer, tile ? *tile : pe, "power.pe");
  on_ = read_ || convert_ || bit_read_ || bit_convert_ || adc_power_ || pe_power_;
}

void PeTrace::configure(const PeSetup& setup) {
  rows_ = setup.rows;
  columns_ = setup.columns;
  pairs_ = setup.slices;
  bits_ = setup.activation_bits;
  if (!on_) return;
  const double lines = static_cast<double>(pairs_) * rows_;
  const double conversions = static_cast<double>(pairs_) * columns_;
  const auto input_words = static_cast<double>(words(config_.input_register, rows_));
  const auto output_words = static_cast<double>(
      words(config_.output_register, static_cast<long long>(columns_) * OutputRegister::kSumBits));
  read_energy_ = lines * config_.dac.drive_energy +
                 2 * lines * columns_ * config_.crossbar.nominal_cell_read() +
                 conversions * config_.subtractor.subtract +
                 input_words * config_.input_register.read;
  adc_energy_ = conversions * config_.adc.conversion_energy();
  convert_energy_ = conversions * config_.sample_hold.sample +
                    conversions * config_.shift_adder.add +
                    output_words * (config_.output_register.read + config_.output_register.write);
}

void PeTrace::record_product(Cycle begin, const MvmTimes& times) {
  const sc_core::sc_time from = clock_.edge(begin), sampled = clock_.edge(times.first_sampled);
  const sc_core::sc_time converted = clock_.edge(times.last_sampled + stages_.conversion(columns_));
  record_window(from, sampled, clock_.edge(times.last_sampled), converted, times.adc_wait);
  pe_power_.spend(from, converted, bits_ * (read_energy_ + convert_energy_));
  adc_power_.spend(sampled, converted, bits_ * adc_energy_);
}

void PeTrace::record_driven(int bit) {
  driven_ = sc_core::sc_time_stamp();
  if (bit == 0) adc_wait_ = 0;
  pe_power_.spend(driven_,
                  clock_.edge(clock_.now() + std::max<Cycle>(stages_.drive + stages_.read, 1)),
                  read_energy_);
}

void PeTrace::record_sampled(int bit, bool last) {
  const sc_core::sc_time now = sc_core::sc_time_stamp();
  const Cycle cycle = clock_.now();
  const sc_core::sc_time converted = clock_.edge(cycle + stages_.conversion(columns_));
  const Cycle read_end = clock_.cycle_at(driven_) + stages_.drive + stages_.read;
  const Cycle taken = cycle - stages_.acquire;
  adc_wait_ += taken - read_end;
  if (bit == 0) first_sampled_ = now;
  bit_read_.slice(name_of_bit(bit), driven_, clock_.edge(read_end), {{"window", windows_}});
  bit_read_.slice("waiting for ADC", clock_.edge(read_end), clock_.edge(taken),
                  {{"window", windows_}});
  bit_convert_.slice(name_of_bit(bit), now, converted, {{"window", windows_}});
  pe_power_.spend(now, converted, convert_energy_);
  adc_power_.spend(now, converted, adc_energy_);
  if (last) record_window(begin_, first_sampled_, now, converted, adc_wait_);
}

void PeTrace::record_window(const sc_core::sc_time& begin, const sc_core::sc_time& first_sampled,
                            const sc_core::sc_time& last_sampled, const sc_core::sc_time& converted,
                            Cycle adc_wait) {
  read_.slice("read", begin, last_sampled,
              {{"window", windows_},
               {"bit_steps", bits_},
               {"pairs", pairs_},
               {"rows", rows_},
               {"adc_wait_cycles", static_cast<std::int64_t>(adc_wait)}});
  convert_.slice("convert", first_sampled, converted,
                 {{"window", windows_}, {"conversions", std::int64_t{bits_} * pairs_ * columns_}});
  ++windows_;
}

}  // namespace kirchhoff::hw
