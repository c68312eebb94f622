#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "traces/event_sink.h"
#include "traces/perfetto_head.h"
#include "traces/trace_file.h"

namespace kirchhoff {

/// Chrome trace-event JSON (a list of events) for ui.perfetto.dev and chrome://tracing, streamed to
/// the disk. Perfetto keeps whole nanoseconds and drops a slice that overlaps another one of its
/// track once it has rounded both, so times are whole nanoseconds here already, or thousandths of a
/// cycle: the two ends of a slice are rounded, its length is what lies between them, possibly 0. A
/// process or thread is named when it is first used; what never does anything does not appear. A
/// full file is valid up to the last event that fitted. A path that ends in ".gz" is compressed.
class PerfettoWriter final : public EventWriter {
 public:
  /// Throws RunError when the file cannot be created.
  explicit PerfettoWriter(std::string path, std::uint64_t limit_bytes = kNoTraceLimit,
                          PerfettoHead head = {});

  void slice(const EventTrack& track, const char* name, std::uint64_t begin_ps,
             std::uint64_t end_ps, EventArgs args) noexcept override;
  void counter(const EventTrack& counter, std::uint64_t ps, double value) noexcept override;
  void packet(const PacketEnd& from, const PacketEnd& to, const char* name,
              EventArgs args) noexcept override;
  void name_layers(const std::vector<std::string>& names) override;
  void describe(const std::string& process, const std::string& layer,
                const std::string& widths) override;

  const std::string& path() const override { return file_.path(); }
  std::uint64_t bytes() const override { return file_.bytes(); }
  std::uint64_t limit() const override { return file_.limit(); }
  bool full() const override { return file_.full(); }
  void close() override;

 private:
  void write_run();
  void open_event();
  void introduce(const EventTrack& track, bool is_thread);
  void write_args(EventArgs args, const char* separator);

  TraceFile file_;
  const PerfettoHead head_;
  std::uint64_t first_tick_ = ~std::uint64_t{0}, last_tick_ = 0;  ///< of the slices
  std::vector<std::string> layers_;                               ///< as JSON strings
  std::map<std::string, std::string> descriptions_;
  std::vector<bool> process_named_, thread_named_;
  std::uint64_t flows_ = 0;
};

}  // namespace kirchhoff
