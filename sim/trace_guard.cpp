#include "sim/trace_guard.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/stop_request.h"
#include "traces/event_sink.h"
#include "traces/quantity.h"
#include "traces/vcd_writer.h"

namespace kirchhoff::sim {

namespace {

constexpr std::uint64_t kShareOfLimit = 64;
// Between two looks at the files; a look costs well below a microsecond.
const sc_core::sc_time kStep(1, sc_core::SC_US);
// What a window puts into a trace at mvm, where bit steps and conversions are no events of their
// own: about ten changes of its tile's sequences, and two of every PE.
constexpr double kEventsOfTile = 10, kEventsOfProduct = 2;

}  // namespace

TraceGuard::TraceGuard(const Tracer& tracer, const hw::Chip& chip, const mapping::Mapping& mapping,
                       const quant::Network& network, const quant::Policy& policy,
                       hw::Fidelity fidelity, int images, mapping::RoundId round)
    : chip_(chip), begin_ps_(sc_core::sc_time_stamp().value()) {
  for (const mapping::LogicalTile t : mapping.rounds[round]) {
    const mapping::TileShare& share = mapping.tiles[t];
    const quant::LayerId l = share.layer;
    TileWork work;
    work.tile = mapping.position[t];
    double conversions = 0;
    for (const mapping::BlockId b : share.blocks) {
      conversions += static_cast<double>(mapping.layers[l].slices) * policy.layers[l].activation *
                     mapping.layers[l].blocks[b].columns;
    }
    const auto blocks = static_cast<double>(share.blocks.size());
    const double windows = static_cast<double>(images) * share.piece.windows(network.layers[l]);
    if (share.blocks.empty()) {
      // No PE works: its windows are those of the SFU.
      work.products = windows;
      work.has_products = false;
      work.weight = kEventsOfTile;
    } else {
      work.products = windows * blocks;
      work.weight = fidelity == hw::Fidelity::kBit ? conversions / blocks
                                                   : kEventsOfProduct + kEventsOfTile / blocks;
    }
    work_.push_back(work);
    const std::string& layer = network.layers[l].name;
    const std::string tile = fmt::format("tile{}", index(work.tile));
    const quant::LayerBits& bits = policy.layers[l];
    const std::string widths = bits.has_weights()
                                   ? fmt::format("W{}A{}", bits.weight, bits.activation)
                                   : fmt::format("A{}", bits.activation);
    if (tracer.events) tracer.events->describe(tile, layer, widths);
    if (tracer.vcd) tracer.vcd->describe("chip." + tile, layer + " " + widths);
  }
  const auto add = [&](const std::string& path, std::uint64_t limit, TraceWindow window,
                       std::function<std::uint64_t()> bytes, const auto& records) {
    File file;
    file.path = path;
    file.limit = limit;
    file.window = window;
    file.bytes = std::move(bytes);
    for (const hw::TileId tile : ids<hw::TileId>(chip.tiles()))
      file.records.push_back(records(fmt::format("chip.tile{}", index(tile))));
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
  while (sc_core::sc_pending_activity()) {
    // A step that ends before the next event would run nothing and leave the time as it is: every
    // pass reaches that event, so that each makes progress.
    const sc_core::sc_time next = sc_core::sc_time_to_pending_activity();
    const sc_core::sc_time left = end - sc_core::sc_time_stamp();
    if (next > left) return;
    sc_core::sc_start(std::min(std::max(kStep, next), left), sc_core::SC_EXIT_ON_STARVATION);
    give_up_if_stopped();
    for (File& file : files_) check(file);
    if (chip_.noc().stuck()) return;  // its watchdog has paused the kernel
  }
}

double TraceGuard::work_done(const File& file) const {
  double done = 0, all = 0;
  for (const TileWork& work : work_) {
    if (!file.records[work.tile]) continue;
    const hw::Tile& tile = chip_.tile(work.tile);
    const hw::TileCounters counters = tile.counters();
    done += work.weight *
            static_cast<double>(work.has_products ? counters.pe.products : counters.windows);
    all += work.weight * work.products;
  }
  return all > 0 ? done / all : 0;
}

void TraceGuard::check(File& file) const {
  const std::uint64_t now = sc_core::sc_time_stamp().value();
  if (file.judged || now < file.window.start_ps) return;
  const std::uint64_t bytes = file.bytes();
  if (!file.opened) {
    // What is there already, declarations above all, does not grow with the work.
    file.opened = true;
    file.bytes_before = bytes;
    file.work_before = work_done(file);
    return;
  }
  if (bytes - file.bytes_before < file.limit / kShareOfLimit) return;
  file.judged = true;
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
  if (estimate <= static_cast<double>(file.limit)) return;
  throw InputError(fmt::format(
      "{}: would grow to about {}, --trace-limit is {} ({} were written during the first {:.2g} % "
      "of {}); record less with --from and --to or with --probe, or raise the limit",
      file.path, format_bytes(estimate), format_bytes(static_cast<double>(file.limit)),
      format_bytes(grown), 100 * share,
      by_time > by_work ? "the time window" : "the products of the recorded tiles"));
}

}  // namespace kirchhoff::sim
