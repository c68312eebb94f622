#include "traces/pftrace_writer.h"

#include <algorithm>
#include <utility>

namespace kirchhoff {
namespace {

// Numbers of fields and values, by message, as protos/perfetto/trace/ of Perfetto's sources has
// them (trace_packet.proto, track_event/*.proto, interned_data/interned_data.proto).
namespace trace {
constexpr int kPacket = 1;
}
namespace packet {
constexpr int kTimestamp = 8, kSequenceId = 10, kTrackEvent = 11, kInternedData = 12,
              kSequenceFlags = 13, kTrackDescriptor = 60;
constexpr std::uint64_t kStateCleared = 1, kNeedsState = 2;
}  // namespace packet
namespace descriptor {
constexpr int kUuid = 1, kName = 2, kProcess = 3, kParentUuid = 5, kCounter = 8,
              kChildOrdering = 11, kSiblingOrderRank = 12;
constexpr std::uint64_t kExplicit = 3;
constexpr int kPid = 1, kSortIndex = 3, kProcessName = 6;  // of a process
constexpr int kUnitName = 6;                               // of a counter
}  // namespace descriptor
namespace event {
constexpr int kAnnotations = 4, kType = 9, kNameIid = 10, kTrackUuid = 11, kName = 23,
              kDoubleCounterValue = 44, kFlowIds = 47, kTerminatingFlowIds = 48;
constexpr int kSliceBegin = 1, kSliceEnd = 2, kInstant = 3, kCounter = 4;
}  // namespace event
namespace annotation {
constexpr int kNameIid = 1, kInt = 4, kString = 6, kStringIid = 17;
}
namespace interned {
constexpr int kEventNames = 2, kAnnotationNames = 3, kAnnotationStrings = 29;
constexpr int kIid = 1, kText = 2;  // of an entry of any of them
}  // namespace interned

/// All packets are of one writer.
constexpr std::uint64_t kSequence = 1;
/// Slices come before counters in a process.
constexpr int kCounterRank = 1 << 20;
/// Number of the process that stands for the whole run.
constexpr int kRun = -1;
/// A tick that no packet has.
constexpr std::uint64_t kTimeless = ~std::uint64_t{0};

}  // namespace

PftraceWriter::PftraceWriter(std::string path, std::uint64_t limit_bytes, PerfettoHead head)
    : file_(std::move(path), limit_bytes),
      head_(std::move(head)),
      names_{interned::kEventNames, {}, {}},
      keys_{interned::kAnnotationNames, {}, {}},
      texts_{interned::kAnnotationStrings, {}, {}} {}

std::uint64_t PftraceWriter::number_of(Dictionary& dictionary, std::string_view text) {
  const auto known = dictionary.numbers.find(text);
  if (known != dictionary.numbers.end()) return known->second;
  const std::uint64_t number = dictionary.numbers.size() + 1;
  dictionary.numbers.emplace(text, number);
  ProtoMessage entry;
  entry.integer(interned::kIid, number);
  entry.text(interned::kText, text);
  learned_.text(dictionary.field, entry.bytes());
  return number;
}

std::uint64_t PftraceWriter::number_of(Dictionary& dictionary, const char* constant) {
  for (const auto& [known, number] : dictionary.constants) {
    if (known == constant) return number;
  }
  const std::uint64_t number = number_of(dictionary, std::string_view(constant));
  dictionary.constants.emplace_back(constant, number);
  return number;
}

void PftraceWriter::write_packet(int field, const ProtoMessage& data, std::uint64_t tick) {
  file_.flush();
  packet_.clear();
  if (tick != kTimeless) packet_.integer(packet::kTimestamp, tick);
  packet_.integer(packet::kSequenceId, kSequence);
  packet_.integer(packet::kSequenceFlags,
                  begun_ ? packet::kNeedsState : packet::kStateCleared | packet::kNeedsState);
  begun_ = true;
  if (!learned_.bytes().empty()) packet_.text(packet::kInternedData, learned_.bytes());
  learned_.clear();
  packet_.text(field, data.bytes());
  ProtoMessage::append_text(file_.buffer(), trace::kPacket, packet_.bytes());
}

std::uint64_t PftraceWriter::process(int number, const std::string& name) {
  const auto [known, fresh] = processes_.try_emplace(number, uuids_ + 1);
  if (!fresh) return known->second;
  const auto text = descriptions_.find(name);
  ProtoMessage process, track;
  // The run is number -1, and process 0 is what idles to a viewer.
  process.integer(descriptor::kPid, static_cast<std::uint64_t>(number + 2));
  process.integer(descriptor::kSortIndex, static_cast<std::uint64_t>(number + 1));
  process.text(descriptor::kProcessName,
               text == descriptions_.end() ? name : name + " " + text->second);
  track.integer(descriptor::kUuid, ++uuids_);
  track.text(descriptor::kProcess, process.bytes());
  track.integer(descriptor::kChildOrdering, descriptor::kExplicit);
  write_packet(packet::kTrackDescriptor, track, kTimeless);
  return known->second;
}

std::uint64_t PftraceWriter::add_track(std::uint64_t parent, const std::string& name, int rank,
                                       const std::string* unit) {
  ProtoMessage track;
  track.integer(descriptor::kUuid, ++uuids_);
  track.text(descriptor::kName, name);
  track.integer(descriptor::kParentUuid, parent);
  track.integer(descriptor::kSiblingOrderRank, static_cast<std::uint64_t>(rank));
  if (unit != nullptr) {
    ProtoMessage counter;
    counter.text(descriptor::kUnitName, *unit);
    track.text(descriptor::kCounter, counter.bytes());
  }
  write_packet(packet::kTrackDescriptor, track, kTimeless);
  return uuids_;
}

PftraceWriter::Lane& PftraceWriter::lane(const EventTrack& track, std::uint64_t begin) {
  const auto row = static_cast<std::size_t>(track.number);
  if (lanes_.size() <= row) lanes_.resize(row + 1);
  std::vector<Lane>& lanes = lanes_[row];
  for (Lane& one : lanes) {
    if (one.end <= begin) return one;
  }
  const std::uint64_t parent = process(track.process_number, track.process);
  const std::string& name = track.thread.empty() ? track.process : track.thread;
  lanes.push_back({add_track(parent, name, track.number, nullptr), 0});
  return lanes.back();
}

void PftraceWriter::begin_event(int type, std::uint64_t track) {
  event_.clear();
  event_.integer(event::kType, static_cast<std::uint64_t>(type));
  event_.integer(event::kTrackUuid, track);
}

void PftraceWriter::annotate(const char* key, int field, std::uint64_t value) {
  part_.clear();
  part_.integer(annotation::kNameIid, number_of(keys_, key));
  part_.integer(field, value);
  event_.text(event::kAnnotations, part_.bytes());
}

void PftraceWriter::annotate(std::string_view key, std::string_view text) {
  part_.clear();
  part_.integer(annotation::kNameIid, number_of(keys_, key));
  part_.text(annotation::kString, text);
  event_.text(event::kAnnotations, part_.bytes());
}

void PftraceWriter::annotate(EventArgs args) {
  for (const EventArg& arg : args) {
    const char* const key = arg.key;
    const auto place = static_cast<std::size_t>(arg.value);
    if (std::string_view(key) == "layer" && arg.value >= 0 && place < layers_.size()) {
      annotate(key, annotation::kStringIid, number_of(texts_, layers_[place]));
    } else {
      annotate(key, annotation::kInt, static_cast<std::uint64_t>(arg.value));
    }
  }
}

void PftraceWriter::slice(const EventTrack& track, const char* name, std::uint64_t begin_ps,
                          std::uint64_t end_ps, EventArgs args) noexcept {
  const std::uint64_t begin = head_.ticks(begin_ps), end = head_.ticks(end_ps);
  first_tick_ = std::min(first_tick_, begin);
  last_tick_ = std::max(last_tick_, end);
  Lane& row = lane(track, begin);
  row.end = end;
  begin_event(event::kSliceBegin, row.uuid);
  event_.integer(event::kNameIid, number_of(names_, name));
  annotate(args);
  write_packet(packet::kTrackEvent, event_, begin);
  begin_event(event::kSliceEnd, row.uuid);
  write_packet(packet::kTrackEvent, event_, end);
}

void PftraceWriter::counter(const EventTrack& counter, std::uint64_t ps, double value) noexcept {
  const auto [known, fresh] = counters_.try_emplace(counter.number, 0);
  if (fresh) {
    known->second = add_track(process(counter.process_number, counter.process), counter.thread,
                              kCounterRank + counter.number, &counter.unit);
  }
  begin_event(event::kCounter, known->second);
  event_.real(event::kDoubleCounterValue, value);
  write_packet(packet::kTrackEvent, event_, head_.ticks(ps));
}

void PftraceWriter::packet(const PacketEnd& from, const PacketEnd& to, const char* name,
                           EventArgs args) noexcept {
  if (from.arrow_ps == kNoArrow || to.arrow_ps == kNoArrow) return;
  // Ids of the chip are reused by later runs of a process; those in the file are not.
  const std::uint64_t id = ++flows_;
  const auto end_point = [&](int field, const PacketEnd& end) {
    const std::uint64_t row = lane(end.track, kTimeless).uuid;
    begin_event(event::kInstant, row);
    event_.integer(event::kNameIid, number_of(names_, name));
    event_.fixed64(field, id);
    annotate("latency_ps", annotation::kInt, to.ps - from.ps);
    annotate(args);
    write_packet(packet::kTrackEvent, event_, head_.ticks(end.arrow_ps));
  };
  end_point(event::kFlowIds, from);
  end_point(event::kTerminatingFlowIds, to);
}

// A row of its own, above all others.
void PftraceWriter::write_run() {
  const std::uint64_t row = add_track(process(kRun, "run"), "run", 0, nullptr);
  begin_event(event::kSliceBegin, row);
  event_.text(event::kName, head_.facts.front().second);
  for (const auto& [key, value] : head_.facts) annotate(key, value);
  annotate("microsecond", head_.microsecond());
  write_packet(packet::kTrackEvent, event_, first_tick_);
  begin_event(event::kSliceEnd, row);
  write_packet(packet::kTrackEvent, event_, last_tick_);
}

void PftraceWriter::close() {
  if (!head_.facts.empty() && last_tick_ >= first_tick_) write_run();
  // A file without a byte is no trace to a viewer.
  if (!begun_) process(kRun, "run");
  file_.publish();
}

bool is_pftrace(std::string_view path) {
  const auto ends_in = [&](std::string_view end) {
    return path.size() > end.size() && path.substr(path.size() - end.size()) == end;
  };
  return ends_in(".pftrace") || ends_in(".pftrace.gz");
}

}  // namespace kirchhoff
