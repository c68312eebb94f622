#include "traces/event_sink.h"

#include <algorithm>

namespace kirchhoff {

EventSink::EventSink(TraceWindow window, ProbeSelection* selection, std::uint64_t bin_ps)
    : window_(window), selection_(selection), bin_ps_(bin_ps) {}

EventSink::~EventSink() = default;

void EventSink::add_writer(std::unique_ptr<EventWriter> writer) {
  writers_.push_back(std::move(writer));
}

EventTrack EventSink::describe_track(const std::string& full_name) {
  const std::string name(without_chip(full_name));
  const std::size_t dot = name.find('.');
  EventTrack track;
  track.process = name.substr(0, dot);
  track.thread = dot == std::string::npos ? "" : name.substr(dot + 1);
  auto known = std::find(processes_.begin(), processes_.end(), track.process);
  track.process_number = static_cast<int>(known - processes_.begin());
  if (known == processes_.end()) processes_.push_back(track.process);
  return track;
}

TrackId EventSink::add_track(const std::string& name) {
  EventTrack track = describe_track(name);
  track.number = static_cast<int>(tracks_.size());
  tracks_.push_back(std::move(track));
  return static_cast<TrackId>(tracks_.size() - 1);
}

CounterId EventSink::add_counter(const std::string& name, const std::string& unit) {
  EventTrack track = describe_track(name);
  track.number = static_cast<int>(counters_.size());
  track.unit = unit;
  counters_.push_back({std::move(track)});
  return static_cast<CounterId>(counters_.size() - 1);
}

PowerId EventSink::add_power(const std::string& name) {
  const auto [known, fresh] = power_ids_.emplace(name, static_cast<PowerId>(powers_.size()));
  if (fresh) powers_.push_back({add_counter(name, "mW"), 0, {}});
  return known->second;
}

bool EventSink::records(const std::string& scope) const {
  const std::string_view process = without_chip(scope);
  return std::any_of(tracks_.begin(), tracks_.end(),
                     [&](const EventTrack& track) { return track.process == process; });
}

void EventSink::name_layers(const std::vector<std::string>& names) {
  for (auto& writer : writers_) writer->name_layers(names);
}

void EventSink::describe(const std::string& process, const std::string& layer,
                         const std::string& widths) {
  for (auto& writer : writers_) writer->describe(process, layer, widths);
}

void EventSink::slice(TrackId track, const char* name, std::uint64_t begin_ps, std::uint64_t end_ps,
                      EventArgs args) noexcept {
  if (closed_ || end_ps <= begin_ps || begin_ps > window_.stop_ps || end_ps < window_.start_ps)
    return;
  const EventTrack& row = tracks_[static_cast<std::size_t>(track)];
  for (auto& writer : writers_) {
    if (writer->full()) continue;
    writer->slice(row, name, begin_ps, end_ps, args);
    writer->wrote_until(end_ps);
  }
}

void EventSink::counter(CounterId id, std::uint64_t ps, double value) noexcept {
  if (closed_ || ps > window_.stop_ps) return;
  Counter& counter = counters_[static_cast<std::size_t>(id)];
  if (counter.pending && counter.pending_ps != ps) settle(counter);
  counter.pending = true;
  counter.pending_ps = ps;
  counter.value = value;
}

void EventSink::settle(Counter& counter) noexcept {
  if (!counter.pending) return;
  counter.pending = false;
  if (counter.pending_ps < window_.start_ps) {
    counter.early = true;
    counter.early_value = counter.value;
    return;
  }
  if (counter.early && !counter.shown && counter.pending_ps > window_.start_ps)
    write_counter(counter, window_.start_ps, counter.early_value, false);
  if (counter.shown && counter.shown_value == counter.value) return;
  write_counter(counter, counter.pending_ps, counter.value, true);
}

void EventSink::write_counter(Counter& counter, std::uint64_t ps, double value,
                              bool news) noexcept {
  counter.shown = true;
  counter.shown_value = value;
  for (auto& writer : writers_) {
    if (writer->full()) continue;
    writer->counter(counter.track, ps, value);
    if (news) writer->wrote_until(ps);
  }
}

void EventSink::energy(PowerId id, std::uint64_t begin_ps, std::uint64_t end_ps,
                       double picojoules) noexcept {
  if (closed_ || end_ps <= begin_ps) return;
  Power& power = powers_[static_cast<std::size_t>(id)];
  const std::uint64_t first = begin_ps / bin_ps_, last = (end_ps - 1) / bin_ps_;
  flush_bins(power, first);
  if (power.bins_pj.empty()) power.first_bin = first;
  if (first < power.first_bin) return;  // out of order: no bin is open for it any more
  power.bins_pj.resize(
      std::max(power.bins_pj.size(), static_cast<std::size_t>(last - power.first_bin + 1)), 0.0);
  const double per_ps = picojoules / static_cast<double>(end_ps - begin_ps);
  for (std::uint64_t bin = first; bin <= last; ++bin) {
    const std::uint64_t from = std::max(begin_ps, bin * bin_ps_);
    const std::uint64_t to = std::min(end_ps, (bin + 1) * bin_ps_);
    power.bins_pj[static_cast<std::size_t>(bin - power.first_bin)] +=
        per_ps * static_cast<double>(to - from);
  }
}

// Bins before `end_bin` get no more energy. One without any shows that the power went back to 0.
void EventSink::flush_bins(Power& power, std::uint64_t end_bin) noexcept {
  if (power.bins_pj.empty() || end_bin <= power.first_bin) return;
  const auto count = static_cast<std::size_t>(
      std::min<std::uint64_t>(end_bin - power.first_bin, power.bins_pj.size()));
  for (std::size_t i = 0; i < count; ++i) {
    // 1 pJ in 1 ns is 1 mW.
    counter(power.counter, (power.first_bin + i) * bin_ps_,
            power.bins_pj[i] * 1000.0 / static_cast<double>(bin_ps_));
  }
  power.bins_pj.erase(power.bins_pj.begin(),
                      power.bins_pj.begin() + static_cast<std::ptrdiff_t>(count));
  power.first_bin += count;
  if (power.bins_pj.empty() && power.first_bin < end_bin)
    counter(power.counter, power.first_bin * bin_ps_, 0.0);
}

void EventSink::packet_sent(TrackId track, std::uint64_t id, std::uint64_t ps,
                            std::uint64_t arrow_ps) noexcept {
  if (closed_ || ps < window_.start_ps || ps > window_.stop_ps) return;
  // A slice that began before the window is recorded as a whole.
  packets_[id] = {track, ps, arrow_ps};
}

void EventSink::packet_taken(TrackId track, std::uint64_t id, std::uint64_t ps,
                             std::uint64_t arrow_ps, const char* name, EventArgs args) noexcept {
  const auto found = packets_.find(id);
  if (found == packets_.end()) return;
  const Sent sent = found->second;
  packets_.erase(found);
  if (closed_ || ps > window_.stop_ps) return;
  const PacketEnd from{tracks_[static_cast<std::size_t>(sent.track)], sent.ps, sent.arrow_ps};
  // The slice that the arrow points to must be in the trace as well.
  const PacketEnd to{tracks_[static_cast<std::size_t>(track)], ps,
                     arrow_ps > window_.stop_ps ? kNoArrow : arrow_ps};
  for (auto& writer : writers_) {
    if (writer->full()) continue;
    writer->packet(from, to, name, args);
    writer->wrote_until(ps);
  }
}

void EventSink::close() {
  if (closed_) return;
  for (Power& power : powers_) flush_bins(power, power.first_bin + power.bins_pj.size() + 1);
  for (Counter& counter : counters_) {
    settle(counter);
    if (counter.early && !counter.shown)
      write_counter(counter, window_.start_ps, counter.early_value, false);
  }
  closed_ = true;
  for (auto& writer : writers_) writer->close();
}

}  // namespace kirchhoff
