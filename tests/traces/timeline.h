#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <google/protobuf/unknown_field_set.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace kirchhoff {

/// What a timeline shows, whatever its format: lines that can be compared, sorted. Times are ticks.
struct Timeline {
  std::vector<std::string> slices, counters, flows;

  void sort() {
    for (auto* lines : {&slices, &counters, &flows}) std::sort(lines->begin(), lines->end());
  }
};

/// Of Chrome's JSON, without the slice that stands for the run.
inline Timeline timeline_of_json(const nlohmann::ordered_json& trace) {
  Timeline result;
  std::map<int, std::string> processes;
  std::map<std::pair<int, int>, std::string> threads;
  struct End {
    std::string row;
    long long tick = 0;
  };
  std::map<long long, End> begun;
  for (const auto& event : trace) {
    const std::string kind = event["ph"], name = event["name"];
    const int process = event["pid"];
    if (kind == "M") {
      if (name == "process_name") processes[process] = event["args"]["name"];
      if (name == "thread_name") threads[{process, event["tid"]}] = event["args"]["name"];
      continue;
    }
    if (processes.at(process) == "run") continue;
    const long long tick = std::llround(event["ts"].get<double>() * 1e3);
    std::string args;
    if (event.contains("args")) {
      std::map<std::string, std::string> sorted;
      for (const auto& [key, value] : event["args"].items()) sorted[key] = value.dump();
      for (const auto& [key, value] : sorted) args += fmt::format(" {}={}", key, value);
    }
    if (kind == "C") {
      const auto& value = event["args"].front();
      result.counters.push_back(fmt::format("{} {} {} {} {:.6g}", processes.at(process), name,
                                            event["args"].begin().key(), tick,
                                            value.get<double>()));
      continue;
    }
    const std::string row = processes.at(process) + " " + threads.at({process, event["tid"]});
    if (kind == "X") {
      const long long end = tick + std::llround(event["dur"].get<double>() * 1e3);
      result.slices.push_back(fmt::format("{} {} {} {}{}", row, name, tick, end, args));
    } else if (kind == "s") {
      begun[event["id"]] = {row, tick};
    } else {
      const End& from = begun.at(event["id"]);
      result.flows.push_back(
          fmt::format("{} {} to {} {} {}{}", from.row, from.tick, row, tick, name, args));
    }
  }
  result.sort();
  return result;
}

/// The same of Perfetto's own format, read with the library of Protocol Buffers, and checked as the
/// viewer would read it: events sorted by time, those of an instant in the order of the file; each
/// end closes the slice that began last on its track; only what was declared is named; the arrows
/// have two ends.
class PftraceReader {
 public:
  explicit PftraceReader(const std::string& bytes) {
    Fields file;
    EXPECT_TRUE(file.ParseFromString(bytes)) << "no Protocol Buffers";
    for (int i = 0; i < file.field_count(); ++i) {
      EXPECT_EQ(file.field(i).number(), 1);
      read_packet(*sub(file.field(i)));
    }
    std::stable_sort(events_.begin(), events_.end(),
                     [](const Event& a, const Event& b) { return a.tick < b.tick; });
    for (const Event& event : events_) play(event);
    for (const auto& [track, open] : open_)
      EXPECT_TRUE(open.empty()) << "a slice of track " << track << " has no end";
    EXPECT_EQ(from_.size(), timeline_.flows.size()) << "arrows without a head";
    timeline_.sort();
  }

  const Timeline& timeline() const { return timeline_; }
  /// Tracks of slices; more than rows where some would overlap.
  std::size_t tracks() const { return open_.size(); }
  /// The slice over all others: its name, begin, end and arguments.
  const std::string& run() const { return run_; }

 private:
  using Fields = google::protobuf::UnknownFieldSet;
  using Field = google::protobuf::UnknownField;

  struct Track {
    std::string process, name, unit;
    bool counter = false;
  };
  struct Event {
    std::uint64_t tick = 0, track = 0, flow = 0, flow_end = 0;
    int type = 0;
    double value = 0.0;
    std::string name;
    std::map<std::string, std::string> args;
  };
  struct Open {
    std::string name, args;
    std::uint64_t begin;
  };

  static std::unique_ptr<const Fields> sub(const Field& field) {
    auto fields = std::make_unique<Fields>();
    EXPECT_TRUE(fields->ParseFromString(field.length_delimited()));
    return fields;
  }

  void read_packet(const Fields& packet) {
    Event event;
    const Field* track = nullptr;
    const Field* data = nullptr;
    bool sequence = false, first = packets_++ == 0;
    for (int i = 0; i < packet.field_count(); ++i) {
      const Field& field = packet.field(i);
      switch (field.number()) {
        case 8:
          event.tick = field.varint();
          break;
        case 10:
          sequence = field.varint() == 1;
          break;
        case 12:
          learn(*sub(field));
          break;
        case 13:
          EXPECT_EQ(field.varint(), first ? 3u : 2u);
          break;
        case 60:
          track = &field;
          break;
        case 11:
          data = &field;
          break;
        default:
          ADD_FAILURE() << "field " << field.number() << " of a packet";
      }
    }
    EXPECT_TRUE(sequence);
    EXPECT_TRUE((track == nullptr) != (data == nullptr));
    if (track != nullptr) read_track(*sub(*track));
    if (data != nullptr) read_event(*sub(*data), event);
  }

  void learn(const Fields& dictionaries) {
    for (int i = 0; i < dictionaries.field_count(); ++i) {
      const auto held = sub(dictionaries.field(i));
      const Fields& entry = *held;
      ASSERT_EQ(entry.field_count(), 2);
      const bool fresh =
          texts_
              .emplace(std::pair(dictionaries.field(i).number(), entry.field(0).varint()),
                       entry.field(1).length_delimited())
              .second;
      EXPECT_TRUE(fresh);
    }
  }

  void read_track(const Fields& fields) {
    Track track;
    std::uint64_t uuid = 0;
    for (int i = 0; i < fields.field_count(); ++i) {
      const Field& field = fields.field(i);
      if (field.number() == 1) uuid = field.varint();
      if (field.number() == 2) track.name = field.length_delimited();
      if (field.number() == 5) track.process = tracks_.at(field.varint()).process;
      if (field.number() == 3) {
        const auto held = sub(field);
        const Fields& process = *held;
        for (int p = 0; p < process.field_count(); ++p)
          if (process.field(p).number() == 6) track.process = process.field(p).length_delimited();
      }
      if (field.number() == 8) {
        track.counter = true;
        track.unit = sub(field)->field(0).length_delimited();
      }
    }
    EXPECT_NE(uuid, 0u);
    EXPECT_FALSE(track.process.empty());
    EXPECT_TRUE(tracks_.emplace(uuid, track).second);
  }

  void read_event(const Fields& fields, Event event) {
    for (int i = 0; i < fields.field_count(); ++i) {
      const Field& field = fields.field(i);
      switch (field.number()) {
        case 4:
          read_annotation(*sub(field), event);
          break;
        case 9:
          event.type = static_cast<int>(field.varint());
          break;
        case 10:
          event.name = texts_.at({2, field.varint()});
          break;
        case 11:
          event.track = field.varint();
          break;
        case 23:
          event.name = field.length_delimited();
          break;
        case 44: {
          const std::uint64_t bits = field.fixed64();
          std::memcpy(&event.value, &bits, sizeof bits);
          break;
        }
        case 47:
          event.flow = field.fixed64();
          break;
        case 48:
          event.flow_end = field.fixed64();
          break;
        default:
          ADD_FAILURE() << "field " << field.number() << " of an event";
      }
    }
    events_.push_back(event);
  }

  void read_annotation(const Fields& fields, Event& event) {
    ASSERT_EQ(fields.field_count(), 2);
    ASSERT_EQ(fields.field(0).number(), 1);
    const Field& value = fields.field(1);
    const std::string text =
        value.number() == 4 ? std::to_string(static_cast<std::int64_t>(value.varint()))
                            : nlohmann::json(value.number() == 17 ? texts_.at({29, value.varint()})
                                                                  : value.length_delimited())
                                  .dump();
    event.args[texts_.at({3, fields.field(0).varint()})] = text;
  }

  void play(const Event& event) {
    const Track& track = tracks_.at(event.track);
    const std::string row = track.process + " " + track.name;
    EXPECT_EQ(track.counter, event.type == 4) << row;
    std::string args;
    for (const auto& [key, value] : event.args) args += fmt::format(" {}={}", key, value);
    if (event.type == 1) {
      open_[event.track].push_back({event.name, args, event.tick});
    } else if (event.type == 2) {
      std::vector<Open>& open = open_[event.track];
      ASSERT_FALSE(open.empty()) << row << ": an end without a begin at " << event.tick;
      const Open& last = open.back();
      const std::string line =
          fmt::format("{} {} {} {}{}", row, last.name, last.begin, event.tick, last.args);
      EXPECT_EQ(open.size(), 1u) << row << ": overlaps: " << line;
      if (track.process == "run") {
        run_ = line;
      } else {
        timeline_.slices.push_back(line);
      }
      open.pop_back();
    } else if (event.type == 4) {
      timeline_.counters.push_back(
          fmt::format("{} {} {} {:.6g}", row, track.unit, event.tick, event.value));
    } else {
      EXPECT_EQ(event.type, 3);
      EXPECT_TRUE((event.flow == 0) != (event.flow_end == 0));
      if (event.flow != 0) {
        EXPECT_TRUE(from_.emplace(event.flow, fmt::format("{} {}", row, event.tick)).second);
      } else {
        waiting_.push_back(
            {event.flow_end, fmt::format("{} {} {}{}", row, event.tick, event.name, args)});
      }
      // Both ends may be of one instant.
      for (const auto& [flow, to] : std::exchange(waiting_, {})) {
        const auto from = from_.find(flow);
        if (from == from_.end()) {
          waiting_.push_back({flow, to});
        } else {
          timeline_.flows.push_back(from->second + " to " + to);
        }
      }
    }
  }

  int packets_ = 0;
  std::map<std::pair<int, std::uint64_t>, std::string> texts_;
  std::map<std::uint64_t, Track> tracks_;
  std::vector<Event> events_;
  std::map<std::uint64_t, std::vector<Open>> open_;
  std::map<std::uint64_t, std::string> from_;
  std::vector<std::pair<std::uint64_t, std::string>> waiting_;
  std::string run_;
  Timeline timeline_;
};

/// Two files of the same run say the same.
inline void expect_same_timeline(const std::string& json, const std::string& pftrace) {
  const Timeline expected = timeline_of_json(nlohmann::ordered_json::parse(json));
  const Timeline found = PftraceReader(pftrace).timeline();
  EXPECT_EQ(found.slices, expected.slices);
  EXPECT_EQ(found.counters, expected.counters);
  EXPECT_EQ(found.flows, expected.flows);
}

}  // namespace kirchhoff
