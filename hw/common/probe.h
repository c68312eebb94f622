#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <systemc>

#include "hw/common/agenda.h"
#include "traces/tracer.h"
#include "traces/vcd_writer.h"

namespace kirchhoff::hw {

/// One value of a module in the waveforms: 0, or the state of rest, until it is set. Without a
/// writer it costs one test of a null pointer.
class Probe {
 public:
  Probe() = default;
  static Probe integer(const Tracer* tracer, const sc_core::sc_object& owner, const char* name,
                       int bits) {
    return wanted(tracer, owner, name)
               ? Probe(tracer->vcd, tracer->vcd->add_integer(owner.name(), name, bits))
               : Probe();
  }
  static Probe bits(const Tracer* tracer, const sc_core::sc_object& owner, const char* name,
                    int bits) {
    return wanted(tracer, owner, name)
               ? Probe(tracer->vcd, tracer->vcd->add_bits(owner.name(), name, bits))
               : Probe();
  }
  /// How full a queue or buffer is.
  static Probe level(const Tracer* tracer, const sc_core::sc_object& owner, const char* name,
                     int bits) {
    return wanted(tracer, owner, name)
               ? Probe(tracer->vcd, tracer->vcd->add_level(owner.name(), name, bits))
               : Probe();
  }
  static Probe text(const Tracer* tracer, const sc_core::sc_object& owner, const char* name,
                    const char* initial) {
    return wanted(tracer, owner, name)
               ? Probe(tracer->vcd, tracer->vcd->add_text(owner.name(), name, initial))
               : Probe();
  }

  explicit operator bool() const { return writer_ != nullptr; }
  void set(std::int64_t value) const {
    if (!writer_) return;
    const std::uint64_t now = now_ps();
    writer_->change(variable_, now, value);
    writer_->advance(now);
  }
  void set(const char* state) const {
    if (!writer_) return;
    const std::uint64_t now = now_ps();
    writer_->change(variable_, now, std::string_view(state));
    writer_->advance(now);
  }
  /// A value that becomes visible at `ps`, now or later.
  void set_at(std::uint64_t ps, std::int64_t value) const {
    if (writer_) writer_->change(variable_, ps, value);
  }
  void set_at(std::uint64_t ps, const char* state) const {
    if (writer_) writer_->change(variable_, ps, std::string_view(state));
  }

 private:
  Probe(VcdWriter* writer, VcdVariable variable) : writer_(writer), variable_(variable) {}
  // One that the user does not want stays without a writer, and costs as little as no tracing.
  static bool wanted(const Tracer* tracer, const sc_core::sc_object& owner, const char* name) {
    return tracer && tracer->vcd && tracer->vcd->wants(std::string(owner.name()) + "." + name);
  }

  VcdWriter* writer_ = nullptr;
  VcdVariable variable_{};
};

}  // namespace kirchhoff::hw
