#include "sim/trace_guard.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "traces/error.h"
#include "traces/event_sink.h"
#include "traces/quantity.h"
#include "traces/vcd_writer.h"

namespace kirchhoff::sim {

namespace {

/// At 1/part of the limit a file is judged; it may be estimated at `tolerance` times the limit,
/// the less the more of it has been seen.
struct Judgement {
  std::uint64_t part;
  double tolerance;
};
constexpr Judgement kJudgements[] = {{64, 2.0}, {8, 1.25}};

// Changes in the files, counted in LeNet-5's: only their proportions matter.
constexpr double kControllerChanges = 25;  // of a window: states of the sequences, bus, SFU
constexpr double kProductChanges = 3;
constexpr double kBitStepSlices = 3;      // read, wait, convert
constexpr double kStageChanges = 14;      // of a bit step in a pair
constexpr double kConversionChanges = 2;  // channel and code

// Between two looks at the files; a look costs well below a microsecond.
const sc_core::sc_time kStep(1, sc_core::SC_US);

}  // namespace

TraceGuard::TraceGuard(const Tracer& tracer, const hw::Chip& chip, const mapping::Mapping& mapping,
                       const quant::Network& network, const quant::Policy& policy,
                       hw::Fidelity fidelity, int images)
    : chip_(chip), begin_ps_(sc_core::sc_time_stamp().value()) {
  for (std::size_t t = 0; t < mapping.tiles.size(); ++t) {
    const mapping::TileShare& share = mapping.tiles[t];
    const auto l = static_cast<std::size_t>(share.layer);
    TileWork work;
    work.node = mapping.position[t];
    const bool bit = fidelity == hw::Fidelity::kBit;
    const int bits = policy.layers[l].activation, per_pair = chip.config().tile.pe.adc.per_pair;
    work.blocks = static_cast<double>(share.blocks.size());
    work.windows = static_cast<double>(images) * network.layers[l].windows();
    work.waveform_weight = kControllerChanges + kProductChanges * work.blocks;
    work.event_weight =
        kControllerChanges + (kProductChanges + (bit ? kBitStepSlices * bits : 0)) * work.blocks;
    for (const int b : share.blocks) {
      if (!bit) break;
      const int columns = mapping.layers[l].blocks[static_cast<std::size_t>(b)].columns;
      work.waveform_weight += static_cast<double>(bits) * mapping.layers[l].slices *
                              (kStageChanges + kConversionChanges * columns / per_pair);
    }
    work_.push_back(work);
    if (tracer.events) {
      tracer.events->describe(fmt::format("tile{}", work.node), network.layers[l].name);
    }
  }
  const auto add = [&](bool waveform, const std::string& path, std::uint64_t limit,
                       TraceWindow window, std::function<std::uint64_t()> bytes,
                       const auto& records) {
    File file;
    file.waveform = waveform;
    file.path = path;
    file.limit = limit;
    file.window = window;
    file.bytes = std::move(bytes);
    for (int node = 0; node < chip.tiles(); ++node)
      file.records.push_back(records(fmt::format("chip.tile{}", node)));
    if (limit != kNoTraceLimit) files_.push_back(std::move(file));
  };
  if (VcdWriter* vcd = tracer.vcd) {
    add(
        vcd->path(), vcd->limit(), vcd->window(), [vcd] { return vcd->bytes(); },
        [vcd](const std::string& scope) { return vcd->records(scope); });
  }
  if (EventSink* events = tracer.events) {
    std::vector<std::string> names;
    for (const quant::Layer& layer : network.layers) names.push_back(layer.name);
    events->name_layers(names);
    for (const auto& writer : events->writers()) {
      const EventWriter* const one = writer.get();
      add(
          one->path(), one->limit(), events->window(), [one] { return one->bytes(); },
          [events](const std::string& scope) { return events->records(scope); });
    }
  }
}

void TraceGuard::run(const sc_core::sc_time& limit) {
  const sc_core::sc_time end = sc_core::sc_time_stamp() + limit;
  do {
    sc_core::sc_start(std::min(kStep, end - sc_core::sc_time_stamp()),
                      sc_core::SC_EXIT_ON_STARVATION);
    for (File& file : files_) check(file);
  } while (sc_core::sc_pending_activity() && sc_core::sc_time_stamp() < end);
}

double TraceGuard::work_done(const File& file) const {
  double done = 0, all = 0;
  for (const TileWork& work : work_) {
    if (!file.records[static_cast<std::size_t>(work.node)]) continue;
    const hw::Tile& tile = chip_.tile(static_cast<hw::TileId>(work.node));
    const double weight = file.waveform ? work.waveform_weight : work.event_weight;
    done += weight * static_cast<double>(tile.counters().pe.products) / work.blocks;
    all += weight * work.windows;
  }
  return all > 0 ? done / all : 0;
}

void TraceGuard::check(File& file) const {
  const std::uint64_t now = sc_core::sc_time_stamp().value();
  if (file.judged == std::size(kJudgements) || now < file.window.start_ps) return;
  const std::uint64_t bytes = file.bytes();
  if (!file.opened) {
    // What is there already, declarations above all, does not grow with the work.
    file.opened = true;
    file.bytes_before = bytes;
    file.work_before = work_done(file);
    return;
  }
  const Judgement& judgement = kJudgements[file.judged];
  if (bytes - file.bytes_before < file.limit / judgement.part) return;
  ++file.judged;
  const double done = work_done(file);
  const double by_work =
      done > file.work_before ? (done - file.work_before) / (1 - file.work_before) : 0;
  const std::uint64_t since = std::max(begin_ps_, file.window.start_ps);
  const double by_time =
      file.window.bounded()
          ? static_cast<double>(now - since) / static_cast<double>(file.window.stop_ps - since)
          : 0;
  const double share = std::max(by_work, by_time);
  if (share <= 0) return;
  const auto grown = static_cast<double>(bytes - file.bytes_before);
  const double estimate = static_cast<double>(file.bytes_before) + grown / share;
  if (estimate <= judgement.tolerance * static_cast<double>(file.limit)) return;
  throw InputError(fmt::format(
      "{}: would grow to about {}, --trace-limit is {} ({} were written during the first {:.2g} % "
      "of {}); record less with --from and --to or with --probe, or raise the limit",
      file.path, format_bytes(estimate), format_bytes(static_cast<double>(file.limit)),
      format_bytes(grown), 100 * share,
      by_time > by_work ? "the time window" : "the work of the recorded tiles"));
}

}  // namespace kirchhoff::sim
