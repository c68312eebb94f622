#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cli/options/options.h"
#include "traces/event_sink.h"
#include "traces/probe_selection.h"
#include "traces/tracer.h"
#include "traces/vcd_writer.h"

namespace kirchhoff::cli {

/// The run that traces are of, for those who look at them later.
struct TracedRun {
  std::string command;          ///< as a shell would take it
  std::string network, policy;  ///< what ran
  int tile_mhz = 0;             ///< clock of a cycle for --trace-unit cycle
};

/// The flags of a command that can trace a run, and the files that they ask for.
class TraceOptions {
 public:
  /// Declares the flags.
  explicit TraceOptions(Options& options);

  /// After parsing: InputError when a flag is wrong. Nothing is created yet.
  void validate();
  /// Before open(): somebody else who wants the events. `probe` and the other flags that choose
  /// what is recorded are refused, because the listener needs all. Valid as long as this object.
  template <typename Listener>
  Listener& listen(const std::string& flag) {
    refuse_choice(flag);
    auto listener = std::make_unique<Listener>();
    Listener& there = *listener;
    listeners_.push_back(std::move(listener));
    return there;
  }
  /// Creates the files. Null when the user wants none; otherwise valid as long as this object.
  const Tracer* open(const TracedRun& run);
  /// After elaboration: InputError when a --probe has matched nothing. `hint` is added to it.
  void check_probes(const std::string& hint) const { selection_.check(hint); }
  /// Makes the files appear and returns a line about each, to be shown to the user. Warns about one
  /// in which nothing happens. The run took `duration_ps`.
  std::vector<std::string> close(std::uint64_t duration_ps);

 private:
  std::unique_ptr<EventWriter> timeline(const TracedRun& run) const;
  void refuse_choice(const std::string& flag) const;
  void warn_of_empty(const std::string& path, std::uint64_t duration_ps) const;

  /// The VCD as the save file names it: seen from there.
  std::string dump_of_save_file() const;

  std::string vcd_path_, fst_path_, save_path_, perfetto_path_, events_path_;
  std::string from_, to_, limit_ = "1GB", bin_ = "1us", unit_ = "time";
  std::vector<std::string> probes_;

  TraceWindow window_;
  std::uint64_t limit_bytes_ = 0, bin_ps_ = 0;
  ProbeSelection selection_;
  std::vector<std::unique_ptr<EventWriter>> listeners_;
  std::unique_ptr<VcdWriter> vcd_;
  std::unique_ptr<EventSink> events_;
  Tracer tracer_;
};

}  // namespace kirchhoff::cli
