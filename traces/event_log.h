#pragma once

#include <map>
#include <string>
#include <vector>

#include "traces/event_sink.h"
#include "traces/trace_file.h"

namespace kirchhoff {

/// Events as comma-separated values, one a line, in the order in which they ended or were known.
///
///   time_ps      begin of the event
///   duration_ps  0 for a counter; from sending to arrival for a packet
///   tile         "tile3", "host", "noc"
///   unit         the part of it: "pe0.read", "controller.fetch"
///   kind         slice, counter or packet
///   event        state, stage or kind of packet; the unit of a counter's value
///   layer        name of the layer, empty where there is none
///   window       number of the window, empty where there is none
///   details      further facts, "key=value" with ';' between; of a counter "value=…"
class EventLog final : public EventWriter {
 public:
  /// Throws RunError when the file cannot be created.
  explicit EventLog(std::string path, std::uint64_t limit_bytes = kNoTraceLimit);

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
  void close() override { file_.publish(); }

 private:
  void begin_line(const EventTrack& track, const char* kind, std::string_view event,
                  std::uint64_t ps, std::uint64_t duration_ps, EventArgs args);
  void details(EventArgs args, const char* separator);

  TraceFile file_;
  std::vector<std::string> layers_;  ///< as cells
  std::map<std::string, std::string> layer_of_;
};

}  // namespace kirchhoff
