#pragma once

namespace kirchhoff {

class EventSink;
class VcdWriter;

/// What a run is traced to. A null member is switched off and costs one test of a pointer.
struct Tracer {
  VcdWriter* vcd = nullptr;     ///< waveforms
  EventSink* events = nullptr;  ///< slices, counters and flows: Perfetto, event log
};

}  // namespace kirchhoff
