#include "hw/pe/pe_trace.h"

#include <algorithm>

#include "hw/config/components.h"
#include "hw/config/scaling.h"
#include "hw/pe/conversion.h"
#include "hw/pe/registers.h"
#include "hw/ports/pe_ports.h"

namespace kirchhoff::hw {

namespace {

constexpr const char* kBitNames[] = {"bit 0",  "bit 1",  "bit 2",  "bit 3", "bit 4",  "bit 5",
                                     "bit 6",  "bit 7",  "bit 8",  "bit 9", "bit 10", "bit 11",
                                     "bit 12", "bit 13", "bit 14", "bit 15"};

const char* name_of_bit(int bit) { return bit < 16 ? kBitNames[bit] : "bit"; }

}  // namespace

PeTrace::PeTrace(const Tracer* tracer, const sc_core::sc_object& pe, const PeConfig& config,
                 const Clock& clock)
    : config_(config),
      clock_(clock),
      stages_(config, clock),
      read_(tracer, pe, "read"),
      convert_(tracer, pe, "convert") {
  // Power belongs to the tile; a PE that is tested alone keeps it.
  const sc_core::sc_object* tile = pe.get_parent_object();
  adc_power_ = PowerMeter(tracer, tile ? *tile : pe, "power.adc");
  pe_power_ = PowerMeter(tracer, tile ? *tile : pe, "power.pe");
  const ConfigNumbers keys(config_);
  cell_read_ = Energy::picojoules(event_pj(keys, "cell_reads"));
  conversion_ = Energy::picojoules(event_pj(keys, "conversions"));
  on_ = read_ || convert_ || adc_power_ || pe_power_;
}

BitTrace::BitTrace(const Tracer* tracer, const sc_core::sc_object& pe, const PeConfig& config,
                   const Clock& clock)
    : PeTrace(tracer, pe, config, clock),
      bit_read_(tracer, pe, "bit_read"),
      bit_convert_(tracer, pe, "bit_convert") {
  on_ = on_ || bit_read_ || bit_convert_;
}

void PeTrace::configure(int block, const PeSetup& setup) {
  if (!on_) return;
  const auto b = static_cast<std::size_t>(block);
  if (blocks_.size() <= b) blocks_.resize(b + 1);
  Block& one = blocks_[b];
  one.rows = setup.rows;
  one.columns = setup.columns;
  one.pairs = setup.slices;
  one.bits = setup.activation_bits;
  one.converted = setup.columns + config_.extra_columns();
  shown_ = 0;
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    const Block& shown = blocks_[static_cast<std::size_t>(shown_)];
    if (blocks_[i].rows > 0 && (shown.rows == 0 || blocks_[i].columns > shown.columns))
      shown_ = static_cast<int>(i);
  }
  one.sum_bits = setup.sum_bits;
  one.step = energies(one, drives_of_step(config_, one.converted), one.converted, true);
}

// Of `drives` drives for `columns` columns; `complete`: no column of the bit step is left, so that
// its sums go to the output register.
PeTrace::Energies PeTrace::energies(const Block& block, int drives, int columns,
                                    bool complete) const {
  const double lines = static_cast<double>(block.pairs) * block.rows;
  const double conversions = static_cast<double>(block.pairs) * columns;
  const auto input_words = static_cast<double>(words(config_.input_register, block.rows));
  const auto output_words = static_cast<double>(
      words(config_.output_register,
            complete ? static_cast<long long>(block.columns) * block.sum_bits : 0));
  const int arrays = arrays_per_lane(config_.encoding);
  Energies e;
  e.read = drives * lines * config_.dac.drive_energy + arrays * lines * columns * cell_read_ +
           drives * input_words * config_.input_register.read;
  if (config_.encoding == Encoding::kDifferential)
    e.read += conversions * config_.subtractor.subtract;
  e.adc = conversions * conversion_;
  e.convert = (config_.sample_hold.present ? conversions : 0.0) * config_.sample_hold.sample +
              conversions * config_.shift_adder.add +
              output_words * (config_.output_register.read + config_.output_register.write);
  return e;
}

void MvmTrace::record_product(int block, Cycle begin, const MvmTimes& times) {
  Block& b = blocks_[static_cast<std::size_t>(block)];
  const sc_core::sc_time from = clock_.edge(begin);
  const sc_core::sc_time converted = clock_.edge(times.done - stages_.add);
  b.first_sampled = clock_.edge(times.first_sampled);
  b.adc_wait = times.adc_wait;
  if (block == shown_) record_window(b, from, clock_.edge(times.last_sampled), converted);
  pe_power_.spend(from, converted, b.bits * (b.step.read + b.step.convert));
  adc_power_.spend(b.first_sampled, converted, b.bits * b.step.adc);
}

void BitTrace::record_driven(int block, const BitStep& step) {
  Block& b = blocks_[static_cast<std::size_t>(block)];
  b.driven = sc_core::sc_time_stamp();
  if (step.bit == 0 && step.first_column == 0) b.adc_wait = 0;
  pe_power_.spend(b.driven,
                  clock_.edge(clock_.now() + std::max<Cycle>(stages_.drive + stages_.read, 1)),
                  energies(b, 1, step.columns, step.complete).read);
}

void BitTrace::record_sampled(int block, const BitStep& step) {
  Block& b = blocks_[static_cast<std::size_t>(block)];
  const bool held = config_.sample_hold.present;
  const Cycle burst = stages_.conversion(step.columns);
  // Without a sample-and-hold the conversion, which began at the end of the read, is over now.
  const Cycle sampled = held ? clock_.now() : clock_.now() - burst;
  const sc_core::sc_time at = clock_.edge(sampled), converted = clock_.edge(sampled + burst);
  const Cycle read_end = clock_.cycle_at(b.driven) + stages_.drive + stages_.read;
  const Cycle taken = held ? sampled - stages_.acquire : sampled;
  b.adc_wait += taken - read_end;
  if (step.bit == 0 && step.first_column == 0) b.first_sampled = at;
  const Energies spent = energies(b, 1, step.columns, step.complete);
  pe_power_.spend(at, converted, spent.convert);
  adc_power_.spend(at, converted, spent.adc);
  if (block != shown_) return;
  bit_read_.slice(name_of_bit(step.bit), b.driven, clock_.edge(read_end), {{"window", windows_}});
  bit_read_.slice("waiting for ADC", clock_.edge(read_end), clock_.edge(taken),
                  {{"window", windows_}});
  bit_convert_.slice(name_of_bit(step.bit), at, converted, {{"window", windows_}});
  if (step.last) record_window(b, begin_, at, converted);
}

void PeTrace::record_window(const Block& block, const sc_core::sc_time& begin,
                            const sc_core::sc_time& last_sampled,
                            const sc_core::sc_time& converted) {
  read_.slice("read", begin, last_sampled,
              {{"window", windows_},
               {"bit_steps", block.bits},
               {"pairs", block.pairs},
               {"rows", block.rows},
               {"adc_wait_cycles", static_cast<std::int64_t>(block.adc_wait)}});
  convert_.slice("convert", block.first_sampled, converted,
                 {{"window", windows_},
                  {"conversions", std::int64_t{block.bits} * block.pairs * block.converted}});
  ++windows_;
}

}  // namespace kirchhoff::hw
