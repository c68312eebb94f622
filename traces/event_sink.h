#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "traces/probe_selection.h"
#include "traces/trace_window.h"

namespace kirchhoff {

/// Handles of what one EventSink records.
enum class TrackId : std::uint32_t {
};  ///< a row of the timeline: something does one thing at a time
enum class CounterId : std::uint32_t {};  ///< a number over time
enum class PowerId : std::uint32_t {};    ///< power over time, from energies

/// A fact about an event. The keys "layer" (its number) and "window" are known to the writers; any
/// other key is shown as it is. Keys live as long as the program.
struct EventArg {
  const char* key;
  std::int64_t value;
};
using EventArgs = std::initializer_list<EventArg>;

/// A track or counter as the writers see it.
struct EventTrack {
  std::string process;                 ///< "tile3", "host", "noc"
  std::string thread;                  ///< "pe0.read", "controller.fetch"; of a counter its name
  std::string unit;                    ///< of a counter
  int process_number = 0, number = 0;  ///< from 0, in the order of registration
};

/// No slice to draw an arrow from or to.
inline constexpr std::uint64_t kNoArrow = ~std::uint64_t{0};

/// Where and when a packet left or was taken.
struct PacketEnd {
  const EventTrack& track;
  std::uint64_t ps, arrow_ps;
};

/// One file format.
class EventWriter {
 public:
  virtual ~EventWriter() = default;
  virtual void slice(const EventTrack& track, const char* name, std::uint64_t begin_ps,
                     std::uint64_t end_ps, EventArgs args) noexcept = 0;
  virtual void counter(const EventTrack& counter, std::uint64_t ps, double value) noexcept = 0;
  virtual void packet(const PacketEnd& from, const PacketEnd& to, const char* name,
                      EventArgs args) noexcept = 0;
  /// Text that the chip's program gives: the names of the layers; of a process its layer and that
  /// layer's widths, "W6A4".
  virtual void name_layers(const std::vector<std::string>& names) = 0;
  virtual void describe(const std::string& process, const std::string& layer,
                        const std::string& widths) = 0;

  virtual const std::string& path() const = 0;
  virtual std::uint64_t bytes() const = 0;
  virtual std::uint64_t limit() const = 0;
  /// The file is full; nothing more is written.
  virtual bool full() const = 0;
  /// End of what was written, in simulated time.
  std::uint64_t last_ps() const { return last_ps_; }
  /// Whether anything happened in the window. Counters that keep the value that they had before it
  /// do not count.
  bool empty() const { return empty_; }
  void wrote_until(std::uint64_t ps) {
    empty_ = false;
    last_ps_ = ps > last_ps_ ? ps : last_ps_;
  }
  /// Makes the file appear. Throws RunError when the disk refused.
  virtual void close() = 0;

 private:
  std::uint64_t last_ps_ = 0;
  bool empty_ = true;
};

/// What happens on the chip, as slices, counters and packets; passes it on to the writers of a run.
///
/// Times are picoseconds and need no order. Before the window's start and after its stop nothing is
/// recorded: a slice counts when it touches the window, a packet when it travels inside it, a
/// counter begins with the value that holds at the start.
class EventSink {
 public:
  /// `selection` may be null and must outlive the sink. Powers are averages over `bin_ps`.
  explicit EventSink(TraceWindow window = {}, ProbeSelection* selection = nullptr,
                     std::uint64_t bin_ps = 1000000);
  ~EventSink();

  void add_writer(std::unique_ptr<EventWriter> writer);

  /// Whether the user wants "chip.tile3.pe0.read"; asked before registration.
  bool wants(const std::string& name) { return selection_ == nullptr || selection_->wants(name); }
  /// `name` is hierarchical; its first part after "chip." is the process, the rest the thread.
  TrackId add_track(const std::string& name);
  CounterId add_counter(const std::string& name, const std::string& unit);
  /// A name may be registered several times: all PEs of a tile spend on one power.
  PowerId add_power(const std::string& name);

  /// What the program put on the chip. May be called again for the next program.
  void name_layers(const std::vector<std::string>& names);
  void describe(const std::string& process, const std::string& layer, const std::string& widths);

  /// Something lasted from `begin_ps` to `end_ps`; slices of one track must nest. `name` lives as
  /// long as the program. A slice without length is left out.
  void slice(TrackId track, const char* name, std::uint64_t begin_ps, std::uint64_t end_ps,
             EventArgs args = {}) noexcept;
  void counter(CounterId counter, std::uint64_t ps, double value) noexcept;
  /// `picojoules` were spent evenly from `begin_ps` to `end_ps`. Calls of one power come in the
  /// order of `begin_ps`.
  void energy(PowerId power, std::uint64_t begin_ps, std::uint64_t end_ps,
              double picojoules) noexcept;
  /// A packet left its sender at `ps`; `id` is unique among those under way. `arrow_ps` is the
  /// begin of a slice of the track, from which an arrow may be drawn, or kNoArrow. (No other moment
  /// of a slice is sure to lie inside it once times are rounded.)
  void packet_sent(TrackId track, std::uint64_t id, std::uint64_t ps,
                   std::uint64_t arrow_ps) noexcept;
  /// … and was taken by its receiver; called after the slice that begins at `arrow_ps` was. A
  /// packet whose sending is unknown is left out.
  void packet_taken(TrackId track, std::uint64_t id, std::uint64_t ps, std::uint64_t arrow_ps,
                    const char* name, EventArgs args = {}) noexcept;

  const TraceWindow& window() const { return window_; }
  /// Whether a track lies in "chip.tile0" or below it.
  bool records(const std::string& scope) const;
  const std::vector<std::unique_ptr<EventWriter>>& writers() const { return writers_; }
  /// Writes what is left and makes the files appear; later events are ignored. Throws RunError.
  void close();

 private:
  /// A value is written when the next one comes, since only the last of an instant counts.
  struct Counter {
    EventTrack track;
    bool pending = false, early = false, shown = false;
    std::uint64_t pending_ps = 0;
    double value = 0;        ///< the pending one
    double early_value = 0;  ///< the last before the window
    double shown_value = 0;
  };
  struct Power {
    CounterId counter;
    std::uint64_t first_bin = 0;
    std::vector<double> bins_pj;  ///< from first_bin on
  };
  struct Sent {
    TrackId track;
    std::uint64_t ps, arrow_ps;
  };

  EventTrack describe_track(const std::string& name);
  void settle(Counter& counter) noexcept;
  /// `news`: not the value that held before the window.
  void write_counter(Counter& counter, std::uint64_t ps, double value, bool news) noexcept;
  void flush_bins(Power& power, std::uint64_t end_bin) noexcept;

  const TraceWindow window_;
  ProbeSelection* const selection_;
  const std::uint64_t bin_ps_;
  std::vector<std::unique_ptr<EventWriter>> writers_;
  std::vector<std::string> processes_;
  std::vector<EventTrack> tracks_;
  std::vector<Counter> counters_;
  std::vector<Power> powers_;
  std::map<std::string, PowerId> power_ids_;
  std::unordered_map<std::uint64_t, Sent> packets_;
  bool closed_ = false;
};

}  // namespace kirchhoff
