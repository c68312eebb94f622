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
  one.reads = reads_of_block(config_, one.rows, one.bits).reads();
  one.times = bit_steps(config_.dac, one.bits);
  one.steps = of_bit_step(one, input_digit(config_.dac, one.bits, 0));
  if (config_.dac.bits == 1) return;
  for (int step = 1; step < one.times; ++step)
    one.steps += of_bit_step(one, input_digit(config_.dac, one.bits, step));
  one.times = 1;
}

PeTrace::Energies PeTrace::energies(const Block& block, const Read& read) const {
  const DacConfig& dac = config_.dac;
  const double lines = static_cast<double>(block.pairs) * read.rows * drives(dac, read.digit);
  const double conversions = static_cast<double>(block.pairs) * read.columns;
  const auto input_words =
      static_cast<double>(read.first_row > 0 ? 0
                                             : words(config_.input_register, block.rows) *
                                                   static_cast<unsigned>(read.digit.bits));
  const auto output_words = static_cast<double>(
      words(config_.output_register,
            read.complete ? static_cast<long long>(block.columns) * block.sum_bits : 0));
  const int arrays = arrays_per_lane(config_.encoding);
  Energies e;
  e.read = read.rounds * lines * dac.drive_energy + arrays * lines * read.columns * cell_read_ +
           read.rounds * input_words * config_.input_register.read;
  if (config_.encoding == Encoding::kDifferential)
    e.read += subtractions(dac, read.digit) * conversions * config_.subtractor.subtract;
  e.adc = conversions * conversion_;
  e.convert = (config_.sample_hold.present ? samples(dac, read.digit) * conversions : 0.0) *
                  config_.sample_hold.sample +
              conversions * config_.shift_adder.add +
              output_words * (config_.output_register.read + config_.output_register.write);
  return e;
}

PeTrace::Energies PeTrace::of_bit_step(const Block& block, const InputDigit& digit) const {
  const int at_once = rows_per_read(config_.crossbar);
  Energies step;
  for (int first = 0; first < block.rows; first += at_once) {
    step += energies(block, {first, std::min(at_once, block.rows - first), digit,
                             drives_of_step(config_, block.converted), block.converted, true});
  }
  return step;
}

void MvmTrace::record_product(int block, Cycle begin, const MvmTimes& times) {
  Block& b = blocks_[static_cast<std::size_t>(block)];
  const sc_core::sc_time from = clock_.edge(begin);
  const sc_core::sc_time converted = clock_.edge(times.done - stages_.add);
  b.first_sampled = clock_.edge(times.first_sampled);
  b.adc_wait = times.adc_wait;
  if (block == shown_) record_window(b, from, clock_.edge(times.last_sampled), converted);
  pe_power_.spend(from, converted, b.times * (b.steps.read + b.steps.convert));
  adc_power_.spend(b.first_sampled, converted, b.times * b.steps.adc);
}

// What a read has cost; its digit is known by its lowest bit.
PeTrace::Energies BitTrace::spent_on(const Block& block, const BitStep& step) const {
  InputDigit found{step.bit, 1};
  for (int i = 0; config_.dac.bits > 1 && i < bit_steps(config_.dac, block.bits); ++i) {
    const InputDigit digit = input_digit(config_.dac, block.bits, i);
    if (digit.bit == step.bit) found = digit;
  }
  return energies(block, {step.first_row, step.rows, found, 1, step.columns, step.complete});
}

void BitTrace::record_driven(int block, const BitStep& step) {
  Block& b = blocks_[static_cast<std::size_t>(block)];
  b.driven = sc_core::sc_time_stamp();
  if (step.first()) b.adc_wait = 0;
  pe_power_.spend(b.driven, clock_.edge(clock_.now() + std::max<Cycle>(read_cycles(step), 1)),
                  spent_on(b, step).read);
}

void BitTrace::record_sampled(int block, const BitStep& step) {
  Block& b = blocks_[static_cast<std::size_t>(block)];
  const bool held = config_.sample_hold.present;
  const Cycle burst = stages_.conversion(step.columns);
  // Without a sample-and-hold the conversion, which began at the end of the read, is over now.
  const Cycle sampled = held ? clock_.now() : clock_.now() - burst;
  const sc_core::sc_time at = clock_.edge(sampled), converted = clock_.edge(sampled + burst);
  const Cycle read_end = clock_.cycle_at(b.driven) + read_cycles(step);
  const Cycle taken = held ? sampled - stages_.acquire : sampled;
  b.adc_wait += taken - read_end;
  if (step.first()) b.first_sampled = at;
  const Energies spent = spent_on(b, step);
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
               {"bit_steps", bit_steps(config_.dac, block.bits)},
               {"pairs", block.pairs},
               {"rows", block.rows},
               {"adc_wait_cycles", static_cast<std::int64_t>(block.adc_wait)}});
  convert_.slice("convert", block.first_sampled, converted,
                 {{"window", windows_},
                  {"conversions", std::int64_t{block.reads} * block.pairs * block.converted}});
  ++windows_;
}

}  // namespace kirchhoff::hw
