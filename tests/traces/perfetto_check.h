#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace kirchhoff {

/// What Perfetto expects of a trace in Chrome's JSON: a list of events, the first of them the
/// facts of the run; processes and threads have names, times are in order, slices of one track
/// nest, and a flow has two ends, each at the begin of a slice of its track or inside it, the first
/// not after the second. As the reader does, times are rounded to whole nanoseconds first, begin
/// and length of a slice each by itself.
inline void check_perfetto(const nlohmann::ordered_json& trace) {
  using Track = std::pair<int, int>;
  std::set<int> processes;
  std::set<Track> threads;
  struct Slice {
    long long begin, end;
  };
  struct End {
    Track track;
    long long ns = 0;
    int count = 0;
  };
  std::map<Track, std::vector<Slice>> slices;
  std::map<long long, std::pair<End, End>> flows;
  const auto ns = [](const nlohmann::ordered_json& us) {
    return std::llround(us.get<double>() * 1e3);
  };
  ASSERT_TRUE(trace.is_array());
  ASSERT_FALSE(trace.empty());
  EXPECT_EQ(trace.front()["ph"], "M");
  EXPECT_EQ(trace.front()["name"], "trace");
  EXPECT_TRUE(trace.front()["args"].is_object());
  int reported = 0;
  for (const auto& event : trace) {
    const std::string kind = event["ph"];
    const int process = event["pid"];
    if (kind == "M") {
      if (event["name"] == "process_name") processes.insert(process);
      if (event["name"] == "thread_name") threads.insert({process, event["tid"].get<int>()});
      continue;
    }
    bool good = processes.count(process) == 1 && !event["name"].get<std::string>().empty() &&
                ns(event["ts"]) >= 0;
    if (kind == "C") {
      for (const auto& [name, value] : event["args"].items()) good = good && value.is_number();
    } else {
      const Track track{process, event["tid"].get<int>()};
      good = good && threads.count(track) == 1;
      if (kind == "X") {
        good = good && ns(event["dur"]) >= 0;
        slices[track].push_back({ns(event["ts"]), ns(event["ts"]) + ns(event["dur"])});
      } else if (kind == "s" || kind == "f") {
        auto& flow = flows[event["id"].get<long long>()];
        End& end = kind == "s" ? flow.first : flow.second;
        end = {track, ns(event["ts"]), end.count + 1};
      } else {
        good = false;
      }
    }
    if (!good && ++reported < 5) ADD_FAILURE() << "a bad event: " << event.dump();
  }
  for (auto& [track, list] : slices) {
    std::sort(list.begin(), list.end(), [](const Slice& a, const Slice& b) {
      return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
    });
    std::vector<long long> open;  // ends of the slices around the present one
    for (const Slice& slice : list) {
      while (!open.empty() && open.back() <= slice.begin) open.pop_back();
      if (!open.empty() && slice.end > open.back() && ++reported < 5) {
        ADD_FAILURE() << "process " << track.first << ", thread " << track.second
                      << ": the slice from " << slice.begin << " to " << slice.end
                      << " ns overlaps one that ends at " << open.back();
      }
      open.push_back(slice.end);
    }
  }
  for (const auto& [id, flow] : flows) {
    bool good = flow.first.count == 1 && flow.second.count == 1 && flow.first.ns <= flow.second.ns;
    for (const End* end : {&flow.first, &flow.second}) {
      const auto& list = slices[end->track];
      auto slice = std::upper_bound(list.begin(), list.end(), end->ns,
                                    [](long long at, const Slice& s) { return at < s.begin; });
      const auto around = [&](const Slice& s) { return s.begin == end->ns || s.end > end->ns; };
      while (slice != list.begin() && !around(*std::prev(slice))) --slice;
      good = good && slice != list.begin();
    }
    if (!good && ++reported < 5) {
      ADD_FAILURE() << "flow " << id << " from " << flow.first.ns << " to " << flow.second.ns
                    << " ns lacks an end or the slice around it";
    }
  }
}

}  // namespace kirchhoff
