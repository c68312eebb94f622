#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "hw/chip/chip.h"
#include "hw/config/chip_config.h"
#include "mapping/mapping.h"
#include "mapping/program.h"
#include "quant/network/golden.h"
#include "quant/network/integer_network.h"
#include "sim/host_maps.h"
#include "sim/ledger.h"
#include "sim/recorder.h"
#include "sim/report.h"
#include "sim/rounds.h"
#include "sim/run_counts.h"
#include "sim/turn_counts.h"

namespace kirchhoff::sim {

struct SimulatorOptions {
  hw::Fidelity fidelity = hw::Fidelity::kMvm;
  const Tracer* tracer = nullptr;  ///< must outlive the simulator; null: nothing is traced
};

/// What a functional run of one image yields besides its costs.
struct FunctionalResult {
  CostReport report;
  BitExactness bit_exactness;
  IndexedVector<quant::LayerId, quant::LayerTrace> layers;  ///< as the chip computed them
  std::vector<std::int64_t> logits;
  int prediction = 0;
  std::uint64_t clipped_conversions = 0;
};

/// The host of one chip: loads programs, runs images, reads counters. SystemC elaborates one chip
/// per process, so one simulator serves all policies of a network; runs do not influence each
/// other.
class Simulator {
 public:
  /// Elaborates the chip that holds `network` at W8A8 (or the mesh that the config demands).
  /// InputError for `crossbar.energy = data` without fidelity=bit. Stopped, here and from every
  /// run, when the program is to end (base/stop_request.h); the chip is of no use after that.
  Simulator(const quant::Network& network, const hw::ChipConfig& config,
            const SimulatorOptions& options = {});
  ~Simulator();
  Simulator(const Simulator&) = delete;
  Simulator& operator=(const Simulator&) = delete;

  const hw::ChipConfig& config() const { return config_; }
  /// Reaches registers and cells of the loaded program, between runs: to put a fault there.
  hw::HostPort& host() { return chip_->host(); }
  double elaboration_s() const { return elaboration_s_; }
  /// Time that the kernel has spent in runs so far, loading and comparing not included.
  double wall_s() const { return wall_s_; }

  /// Costs of a policy for a stream of `images` (1 .. 100,000); only sizes flow, so the energy of
  /// crossbars is nominal. RunError when the simulation does not finish; InputError, here and from
  /// load(), for `chip.unused = idle` where the network passes the chip in rounds.
  CostReport cost(const quant::Policy& policy, int images = 1);
  /// Runs only these turns (chip.schedule = sequential) of an inference under a policy, one after
  /// another, as they are in a whole run, and says what happened in each; only sizes flow.
  std::vector<MeasuredTurn> measure_turns(const quant::Policy& policy, const TurnSet& wanted);
  /// Counts and times of cost(policy, images), without a report. It takes less time, as tiles
  /// account for theirs only if that is charged for.
  MeasuredTurn measure_run(const quant::Policy& policy, int images = 1);
  const quant::Network& network() const { return network_; }
  /// That cost() charges by.
  const Ledger& sizes_ledger() const { return sizes_ledger_; }
  /// Loads integers; every run_image() then is one inference of this network.
  void load(const quant::IntegerNetwork& integers);
  /// The same where somebody else has laid it out, on this chip's mesh.
  void load(const quant::IntegerNetwork& integers, mapping::Mapping mapping);
  /// Runs one image of the loaded network and compares every layer with the golden inference (with
  /// the ADC modelled wherever it may change a value). If it is an accumulator that differs first,
  /// the image runs again, unless it is traced, and the conversions behind it are compared, too.
  /// RunError when the simulation does not finish, or the host received other results than the
  /// tiles computed.
  FunctionalResult run_image(const std::vector<std::uint8_t>& image);
  /// The same for a stream: with chip.schedule = pipelined an image enters while its predecessors
  /// are under way. Every result carries the report of the whole stream.
  std::vector<FunctionalResult> run_stream(const std::vector<std::vector<std::uint8_t>>& images);
  /// The ADC of a chip as the golden inference models it.
  static quant::AdcModel adc_model(const hw::ChipConfig& config);
  /// The same, or null when no layer of `network` can be changed by it.
  static std::unique_ptr<quant::AdcModel> adc_model(const hw::ChipConfig& config,
                                                    const quant::Network& network);

 private:
  using Programs = IndexedVector<mapping::RoundId, mapping::Program>;
  void load(Programs programs);
  void load(const quant::Policy& policy, int images);
  void load_integers(int images);
  void refuse_unsupported_rounds() const;
  int images_of_pass(int images) const;
  void write(const mapping::Write& write);
  void write_missing_cells(mapping::RoundId round);
  void enter(mapping::RoundId round);
  void write_next(mapping::RoundId next, PassTimes& times);
  const mapping::Program& program() const { return programs_.front(); }
  CostReport run(const quant::Network& network, const quant::Policy& policy,
                 const std::vector<std::int32_t>& pixels);
  RunCounts run_passes(const quant::Network& network, const quant::Policy& policy,
                       const std::vector<std::int32_t>& pixels);
  void run_pass(const Pass& pass, const quant::Network& network, const quant::Policy& policy,
                const HostMaps& maps);
  void run_kernel(const Pass& pass, const quant::Network& network, const quant::Policy& policy);
  [[noreturn]] void did_not_finish() const;
  void check(FunctionalResult& result, int image, const std::vector<std::uint8_t>& pixels) const;
  /// Of the stream `pixels`: what the ADCs made of the difference's window in its image.
  void compare_conversions(Difference& difference, int image, const quant::LayerTrace& layer,
                           const std::vector<std::int32_t>& pixels);

  const quant::Network network_;
  const hw::ChipConfig config_;
  const Ledger ledger_, sizes_ledger_;  ///< of runs with integers and with sizes
  const Tracer* const tracer_;
  const hw::Fidelity fidelity_;
  Recorder recorder_;
  std::unique_ptr<hw::Chip> chip_;
  double elaboration_s_ = 0, wall_s_ = 0;
  mapping::Mapping mapping_;
  Programs programs_;
  int images_ = 1;                          ///< of a run
  CellContents contents_;                   ///< where there are several rounds
  hw::Sums results_;                        ///< HostMaps::results() of the last run
  std::vector<std::uint32_t> image_names_;  ///< of the stream that runs
  quant::IntegerNetwork integers_;
};

/// alpha*latency + beta*energy + gamma*rated power, each divided by the reference's.
Ratios ratios(const CostReport& report, const CostReport& reference, const hw::CostConfig& weights);

/// The same of what was compared().
Ratios ratios(const CostTotals& totals, const CostTotals& reference, const hw::CostConfig& weights);

/// Area of the whole chip: every tile with all its PEs and pairs, whatever a policy allocates.
double chip_area_um2(const hw::ChipConfig& config);
/// Rated power of the same, links to the outside included.
double chip_power_rated_mw(const hw::ChipConfig& config);

/// Largest resident set of this process so far, in MiB.
double peak_rss_mib();

}  // namespace kirchhoff::sim
