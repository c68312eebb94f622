#pragma once

#include <cstdint>
#include <string>

#include <systemc>

#include "hw/common/agenda.h"
#include "hw/config/units.h"
#include "traces/event_sink.h"
#include "traces/tracer.h"

namespace kirchhoff::hw {

/// "chip.tile3.controller" and "fetch" make "chip.tile3.controller.fetch"; an empty name is the
/// owner itself.
inline std::string traced_name(const sc_core::sc_object& owner, const char* name) {
  return *name == '\0' ? owner.name() : std::string(owner.name()) + "." + name;
}

/// One row of the timeline: a module or sequence that does one thing at a time. Without a sink
/// every call costs one test of a null pointer.
class Timeline {
 public:
  Timeline() = default;
  Timeline(const Tracer* tracer, const sc_core::sc_object& owner, const char* name = "") {
    if (!tracer || !tracer->events) return;
    const std::string full = traced_name(owner, name);
    if (!tracer->events->wants(full)) return;
    sink_ = tracer->events;
    track_ = sink_->add_track(full);
  }

  explicit operator bool() const { return sink_ != nullptr; }
  /// `name`, a literal, lasted from `begin` to `end`, in the past or future. Slices of one timeline
  /// must not overlap.
  void slice(const char* name, const sc_core::sc_time& begin, const sc_core::sc_time& end,
             EventArgs args = {}) const {
    if (sink_) sink_->slice(track_, name, begin.value(), end.value(), args);
  }
  /// A packet leaves its sender, is taken by its receiver: see EventSink.
  void packet_sent(std::uint64_t id, const sc_core::sc_time& at, std::uint64_t arrow_ps) const {
    if (sink_) sink_->packet_sent(track_, id, at.value(), arrow_ps);
  }
  void packet_taken(std::uint64_t id, const sc_core::sc_time& at, std::uint64_t arrow_ps,
                    const char* name, EventArgs args = {}) const {
    if (sink_) sink_->packet_taken(track_, id, at.value(), arrow_ps, name, args);
  }

 private:
  EventSink* sink_ = nullptr;
  TrackId track_{};
};

/// A number over time, such as the occupancy of a buffer.
class Gauge {
 public:
  Gauge() = default;
  Gauge(const Tracer* tracer, const sc_core::sc_object& owner, const char* name, const char* unit) {
    if (!tracer || !tracer->events) return;
    const std::string full = traced_name(owner, name);
    if (!tracer->events->wants(full)) return;
    sink_ = tracer->events;
    counter_ = sink_->add_counter(full, unit);
  }

  explicit operator bool() const { return sink_ != nullptr; }
  void set(double value) const { set_at(now_ps(), value); }
  void set_at(std::uint64_t ps, double value) const {
    if (sink_) sink_->counter(counter_, ps, value);
  }

 private:
  EventSink* sink_ = nullptr;
  CounterId counter_{};
};

/// Power over time, from the energies of events.
class PowerMeter {
 public:
  PowerMeter() = default;
  PowerMeter(const Tracer* tracer, const sc_core::sc_object& owner, const char* name) {
    if (!tracer || !tracer->events) return;
    const std::string full = traced_name(owner, name);
    if (!tracer->events->wants(full)) return;
    sink_ = tracer->events;
    power_ = sink_->add_power(full);
  }

  explicit operator bool() const { return sink_ != nullptr; }
  /// Spent evenly from `begin` to `end`; calls come in the order of `begin`.
  void spend(const sc_core::sc_time& begin, const sc_core::sc_time& end, Energy energy) const {
    if (sink_) sink_->energy(power_, begin.value(), end.value(), energy.picojoules());
  }

 private:
  EventSink* sink_ = nullptr;
  PowerId power_{};
};

}  // namespace kirchhoff::hw
