#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "traces/event_sink.h"
#include "traces/perfetto_head.h"
#include "traces/proto_message.h"
#include "traces/trace_file.h"

namespace kirchhoff {

/// Perfetto's own format, track events in Protocol Buffers
/// (https://perfetto.dev/docs/reference/synthetic-track-event), streamed to the disk: what
/// PerfettoWriter writes as JSON, in fewer bytes, with the same rounded times. Counters have all of
/// their digits here.
///
/// The reader sorts events by time, and those of one instant stay in the order of the file. So a
/// track begins no slice before the last one that it holds has ended: another one that does goes to
/// a track of the same name below it, which viewers show as one. A packet's arrow leads from an
/// instant on its sender's track to one on its receiver's. A full file is valid up to the last
/// event that fitted. A path that ends in ".gz" is compressed.
class PftraceWriter final : public EventWriter {
 public:
  /// Throws RunError when the file cannot be created.
  explicit PftraceWriter(std::string path, std::uint64_t limit_bytes = kNoTraceLimit,
                         PerfettoHead head = {});

  void slice(const EventTrack& track, const char* name, std::uint64_t begin_ps,
             std::uint64_t end_ps, EventArgs args) noexcept override;
  void counter(const EventTrack& counter, std::uint64_t ps, double value) noexcept override;
  void packet(const PacketEnd& from, const PacketEnd& to, const char* name,
              EventArgs args) noexcept override;
  void name_layers(const std::vector<std::string>& names) override { layers_ = names; }
  void describe(const std::string& process, const std::string& layer,
                const std::string& widths) override {
    descriptions_[process] = layer + " " + widths;
  }

  const std::string& path() const override { return file_.path(); }
  std::uint64_t bytes() const override { return file_.bytes(); }
  std::uint64_t limit() const override { return file_.limit(); }
  bool full() const override { return file_.full(); }
  void close() override;

 private:
  /// The tracks of a row: their ids, and when the last slice of each ends.
  struct Lane {
    std::uint64_t uuid = 0, end = 0;
  };
  /// Texts that are written once and then stand for a number, by the field of their dictionary.
  struct Dictionary {
    int field;
    std::map<std::string, std::uint64_t, std::less<>> numbers;
    /// The same of texts that live as long as the program, by address: few, and asked for all the
    /// time.
    std::vector<std::pair<const char*, std::uint64_t>> constants;
  };

  std::uint64_t number_of(Dictionary& dictionary, std::string_view text);
  std::uint64_t number_of(Dictionary& dictionary, const char* constant);
  /// What was learned since the last packet goes before it.
  void write_packet(int field, const ProtoMessage& data, std::uint64_t tick);
  std::uint64_t process(int number, const std::string& name);
  std::uint64_t add_track(std::uint64_t parent, const std::string& name, int rank,
                          const std::string* unit);
  /// The first track of a row that is free at `begin`.
  Lane& lane(const EventTrack& track, std::uint64_t begin);
  void begin_event(int type, std::uint64_t track);
  void annotate(const char* key, int field, std::uint64_t value);
  void annotate(std::string_view key, std::string_view text);
  void annotate(EventArgs args);
  void write_run();

  TraceFile file_;
  const PerfettoHead head_;
  std::uint64_t first_tick_ = ~std::uint64_t{0}, last_tick_ = 0;  ///< of the slices
  std::uint64_t uuids_ = 0, flows_ = 0;
  bool begun_ = false;
  std::vector<std::string> layers_;
  std::map<std::string, std::string> descriptions_;
  std::map<int, std::uint64_t> processes_, counters_;  ///< ids by number
  std::vector<std::vector<Lane>> lanes_;               ///< by number of the row
  Dictionary names_, keys_, texts_;
  ProtoMessage learned_, packet_, event_, part_;
};

/// Whether a timeline of this name is in Perfetto's own format: FILE.pftrace, FILE.pftrace.gz.
bool is_pftrace(std::string_view path);

}  // namespace kirchhoff
