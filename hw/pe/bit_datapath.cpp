#include "hw/pe/bit_datapath.h"

#include <string>
#include <utility>

namespace kirchhoff::hw {

BitDatapath::BitDatapath(const PeParts& parts) : parts_(parts), sequencer_("sequencer", parts) {
  for (int p = 0; p < parts.config.pairs; ++p) {
    chains_.push_back(make_chain(p));
    bind(chains_.back());
  }
  join(&Chain::pair, pair_lanes_);
  join(&Chain::dac, dac_lanes_);
  join(&Chain::sample_hold, sample_hold_lanes_);
  join(&Chain::column_mux, column_mux_lanes_);
  join(&Chain::adc, adc_lanes_);
  join(&Chain::shift_adder, shift_adder_lanes_);
}

// Last made, first gone: see Chip.
BitDatapath::~BitDatapath() {
  while (!chains_.empty()) chains_.pop_back();
}

BitDatapath::Chain BitDatapath::make_chain(int p) {
  const PeConfig& config = parts_.config;
  const Clock& clock = parts_.clock;
  const Tracer* const tracer = parts_.tracer;
  const auto name = [p](const char* stage) { return stage + std::to_string(p); };
  Chain chain;
  chain.pair = std::make_unique<CrossbarPair>(name("crossbar").c_str(), config.crossbar, clock,
                                              parts_.cells.lane(p), tracer);
  chain.dac = std::make_unique<DacGroup>(name("dac").c_str(), config.dac, clock, tracer);
  chain.subtractor = std::make_unique<Subtractor>(name("subtractor").c_str(), config.encoding);
  if (config.sample_hold.present) {
    chain.sample_hold = std::make_unique<SampleHold>(name("sample_hold").c_str(),
                                                     config.sample_hold, p, clock, tracer);
  } else {
    chain.column_mux = std::make_unique<ColumnMux>(name("column_mux").c_str(), p, clock);
  }
  chain.adc =
      std::make_unique<AdcGroup>(name("adc").c_str(), config.adc, clock, tracer, config.encoding,
                                 fraction_bits(config), &parts_.cells.lane(p));
  chain.shift_adder = std::make_unique<ShiftAdder>(name("shift_adder").c_str(), config.shift_adder,
                                                   p, clock, tracer);
  return chain;
}

void BitDatapath::bind(Chain& chain) {
  sequencer_.dacs(chain.dac->input);
  chain.dac->word_lines(chain.pair->word_lines);
  chain.pair->bit_lines(chain.subtractor->bit_lines);
  const auto lead_to_adc = [&](auto& stage) {
    chain.subtractor->difference(stage.difference);
    stage.adc(chain.adc->held);
    stage.sequencer(sequencer_);
  };
  if (chain.sample_hold) {
    lead_to_adc(*chain.sample_hold);
  } else {
    lead_to_adc(*chain.column_mux);
  }
  chain.adc->codes(chain.shift_adder->codes);
  chain.shift_adder->sums(parts_.output_register.sums);
  chain.shift_adder->sequencer(sequencer_);
}

template <typename Stage>
void BitDatapath::join(std::unique_ptr<Stage> Chain::*stage, std::vector<Stage*>& lanes) {
  for (const Chain& chain : chains_) {
    if (chain.*stage) lanes.push_back((chain.*stage).get());
  }
  for (Stage* const lane : lanes) lane->join(lanes);
}

void BitDatapath::reset() {
  sequencer_.reset();
  for (Chain& chain : chains_) {
    chain.pair->reset();
    chain.dac->reset();
    chain.subtractor->reset();
    if (chain.sample_hold) chain.sample_hold->reset();
    if (chain.column_mux) chain.column_mux->reset();
    chain.adc->reset();
    chain.shift_adder->reset();
  }
}

void BitDatapath::configure(int block) {
  decoders_valid_ = false;
  sequencer_.configure(block);
}

std::optional<ProductTimes> BitDatapath::start(int input, int output, const NamedWindow& window) {
  if (!std::exchange(decoders_valid_, true)) set_decoders();
  sequencer_.start(input, output, window);
  return std::nullopt;
}

// What the digital side knows of a block's slices: once per program, before its first product.
void BitDatapath::set_decoders() {
  for (const int b : parts_.blocks.active()) {
    const PeSetup& setup = parts_.blocks.setup(b);
    auto pair = static_cast<std::size_t>(setup.first_pair);
    for (const SliceDecoder& slice : slices_of(parts_.config, setup, parts_.cells))
      chains_[pair++].shift_adder->configure(slice);
  }
}

void BitDatapath::watch(const ConversionWatch& watch) {
  for (int p = 0; p < parts_.config.pairs; ++p) {
    chains_[static_cast<std::size_t>(p)].adc->watch(
        !watch ? AdcGroup::Watch() : [this, p, watch](const BitStep& step, const Columns& codes) {
          const int b = parts_.blocks.block_of_pair(p);
          watch({b, step.bit, step.first_row, p - parts_.blocks.setup(b).first_pair,
                 step.first_column, codes});
        });
  }
}

void BitDatapath::count(PeCounters& c) const {
  for (const Chain& chain : chains_) {
    c.cell_reads += chain.pair->cell_reads();
    c.lrs_reads += chain.pair->lrs_reads();
    c.hrs_reads += chain.pair->hrs_reads();
    c.read_cycles += chain.pair->busy_cycles();
    c.dac_drives += chain.dac->drives();
    c.drive_cycles += chain.dac->busy_cycles();
    c.subtractions += chain.subtractor->subtractions();
    if (chain.sample_hold) {
      c.samples += chain.sample_hold->samples();
      c.adc_wait_cycles += chain.sample_hold->stall_cycles();
    }
    c.conversions += chain.adc->conversions();
    c.clipped += chain.adc->clipped();
    c.convert_cycles += chain.adc->busy_cycles();
    c.shift_adds += chain.shift_adder->adds();
    c.add_cycles += chain.shift_adder->busy_cycles();
  }
  c.read_wait_cycles += sequencer_.read_wait_cycles();
}

}  // namespace kirchhoff::hw
