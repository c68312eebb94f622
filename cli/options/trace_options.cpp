#include "cli/options/trace_options.h"

#include <filesystem>

#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/output_target.h"
#include "base/provenance.h"
#include "base/refusal.h"
#include "base/version.h"
#include "traces/event_log.h"
#include "traces/gtkwave_save.h"
#include "traces/perfetto_writer.h"
#include "traces/pftrace_writer.h"
#include "traces/quantity.h"

namespace kirchhoff::cli {

TraceOptions::TraceOptions(Options& options) {
  options.advanced_section("Traces");
  options.output("vcd", vcd_path_,
                 "waveforms for GTKWave or Surfer (most telling with --fidelity bit)");
  options.output("fst", fst_path_,
                 "the same waveforms compressed, by GTKWave's vcd2fst, which must be installed");
  options.output("gtkw", save_path_,
                 "what GTKWave needs to open the --vcd with its signals in place");
  options.output("perfetto", perfetto_path_,
                 "timeline for ui.perfetto.dev: FILE.pftrace in its own format, any other "
                 "in Chrome's JSON; FILE.gz is compressed");
  options.output("events", events_path_, "the same events as CSV; FILE.gz is compressed");
  options.text("from", from_, "TIME",
               "simulated time at which traces begin, such as 12us or 1.5ns");
  options.text("to", to_, "TIME", "simulated time at which they end");
  options.texts("probe", probes_, "GLOB",
                "record only what matches, such as 'tile3.pe0.*'; may be repeated");
  options.text("trace-limit", limit_, "SIZE",
               "refuse a run whose traces would grow larger; none = no limit");
  options.text("power-bin", bin_, "TIME", "time over which a power counter averages");
  options.choice("trace-unit", unit_, {"time", "cycle"},
                 "what --perfetto shows: simulated time, or a tile cycle as a microsecond");
}

void TraceOptions::validate() {
  const bool traced =
      !vcd_path_.empty() || !fst_path_.empty() || !perfetto_path_.empty() || !events_path_.empty();
  const auto needs_file = [&](const std::string& flag, const std::string& value) {
    if (!traced && !value.empty())
      refuse_option(flag, value, "nothing is traced: give --vcd, --fst, --perfetto or --events");
  };
  if (!vcd_path_.empty() && !fst_path_.empty())
    refuse_option("fst", fst_path_, "holds what --vcd does: give one of them");
  needs_file("from", from_);
  needs_file("to", to_);
  if (!probes_.empty()) needs_file("probe", probes_.front());
  if (!from_.empty()) window_.start_ps = parse_time_ps("--from", from_);
  if (!to_.empty()) window_.stop_ps = parse_time_ps("--to", to_);
  if (window_.stop_ps <= window_.start_ps) {
    refuse_option(
        "to", to_,
        from_.empty() ? "must be greater than 0" : "must be greater than --from " + from_);
  }
  limit_bytes_ = limit_ == "none" ? kNoTraceLimit : parse_bytes("--trace-limit", limit_);
  bin_ps_ = parse_time_ps("--power-bin", bin_);
  if (bin_ps_ == 0) refuse_option("power-bin", bin_, "must be greater than 0");
  selection_ = ProbeSelection(probes_);
  if (unit_ != "time" && perfetto_path_.empty())
    refuse_option("trace-unit", unit_, "is about --perfetto: give that");
  if (!save_path_.empty() && vcd_path_.empty())
    refuse_option("gtkw", save_path_, "opens a VCD: give --vcd, too");
  if (!save_path_.empty() && output_target(vcd_path_).stream)
    refuse_option("gtkw", save_path_, "opens a VCD that is a file: " + vcd_path_ + " is none");
}

void TraceOptions::refuse_choice(const std::string& flag) const {
  const auto refuse = [&](const char* choice, const std::string& value) {
    if (!value.empty())
      refuse_option(choice, value, fmt::format("--{} needs the whole run: leave it out", flag));
  };
  refuse("from", from_);
  refuse("to", to_);
  if (!probes_.empty()) refuse("probe", probes_.front());
}

std::string TraceOptions::dump_of_save_file() const {
  namespace fs = std::filesystem;
  const auto folder = [](const std::string& path) {
    const fs::path parent = fs::path(path).parent_path();
    return fs::canonical(parent.empty() ? "." : parent);
  };
  const fs::path dump = folder(vcd_path_) / fs::path(vcd_path_).filename();
  return output_target(save_path_).stream ? vcd_path_
                                          : dump.lexically_relative(folder(save_path_)).string();
}

std::unique_ptr<EventWriter> TraceOptions::timeline(const TracedRun& run) const {
  const PerfettoHead head{{{"command", run.command},
                           {"network", run.network},
                           {"policy", run.policy},
                           {"version", kVersion}},
                          unit_ == "cycle" ? run.tile_mhz : 0};
  if (is_pftrace(perfetto_path_))
    return std::make_unique<PftraceWriter>(perfetto_path_, limit_bytes_, head);
  return std::make_unique<PerfettoWriter>(perfetto_path_, limit_bytes_, head);
}

const Tracer* TraceOptions::open(const TracedRun& run) {
  if (!vcd_path_.empty())
    vcd_ = std::make_unique<VcdWriter>(vcd_path_, window_, &selection_, limit_bytes_);
  if (!fst_path_.empty())
    vcd_ =
        std::make_unique<VcdWriter>(fst_path_, window_, &selection_, limit_bytes_, TraceForm::kFst);
  if (!perfetto_path_.empty() || !events_path_.empty() || !listeners_.empty())
    events_ = std::make_unique<EventSink>(window_, &selection_, bin_ps_);
  if (!perfetto_path_.empty()) events_->add_writer(timeline(run));
  if (!events_path_.empty())
    events_->add_writer(std::make_unique<EventLog>(events_path_, limit_bytes_));
  for (auto& listener : listeners_) events_->add_writer(std::move(listener));
  listeners_.clear();
  tracer_ = {vcd_.get(), events_.get()};
  return vcd_ || events_ ? &tracer_ : nullptr;
}

void TraceOptions::warn_of_empty(const std::string& path, std::uint64_t duration_ps) const {
  std::string window;
  if (!from_.empty()) window += " from " + from_;
  if (!to_.empty()) window += " to " + to_;
  spdlog::warn("{}: nothing that is recorded happened{}; a run takes {}", path, window,
               format_time(duration_ps));
}

std::vector<std::string> TraceOptions::close(std::uint64_t duration_ps) {
  std::vector<std::string> lines;
  const auto report = [&](const auto& writer, bool cut, std::uint64_t until_ps) {
    std::string line = fmt::format("trace: {}: {}", writer.path(),
                                   format_bytes(static_cast<double>(writer.bytes())));
    if (cut) {
      line += fmt::format(", cut at --trace-limit {}: valid, but ends at {} of simulated time",
                          limit_, format_time(until_ps));
    }
    lines.push_back(line);
  };
  if (vcd_) {
    vcd_->close();
    report(*vcd_, vcd_->stopped_ps().has_value(), vcd_->written_ps());
    if (vcd_->empty()) warn_of_empty(vcd_->path(), duration_ps);
    if (!save_path_.empty()) {
      write_file_atomically(save_path_, gtkwave_save(*vcd_, dump_of_save_file(), "pair"));
      lines.push_back("view:  gtkwave " + shell_word(save_path_));
    }
  }
  if (events_) {
    std::vector<bool> full;
    for (const auto& writer : events_->writers()) full.push_back(writer->full());
    events_->close();
    for (std::size_t i = 0; i < full.size(); ++i) {
      if (events_->writers()[i]->path().empty()) continue;  // a listener
      const EventWriter& writer = *events_->writers()[i];
      report(writer, full[i], writer.last_ps());
      if (writer.empty() && !full[i]) warn_of_empty(writer.path(), duration_ps);
    }
  }
  return lines;
}

}  // namespace kirchhoff::cli
