#include "traces/event_sink.h"

#include <filesystem>
#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <zlib.h>

#include "base/error.h"
#include "tests/base/scratch_directory.h"
#include "tests/traces/perfetto_check.h"
#include "tests/traces/timeline.h"
#include "traces/event_log.h"
#include "traces/perfetto_writer.h"
#include "traces/pftrace_writer.h"

namespace kirchhoff {
namespace {

class EventSinkTest : public ::testing::Test {
 protected:
  std::string json_path() const { return scratch_.file("t.json"); }
  std::string csv_path() const { return scratch_.file("t.csv"); }
  void add_writers(EventSink& sink, std::uint64_t limit = kNoTraceLimit) const {
    sink.add_writer(std::make_unique<PerfettoWriter>(json_path(), limit));
    sink.add_writer(std::make_unique<EventLog>(csv_path(), limit));
    sink.add_writer(std::make_unique<PftraceWriter>(scratch_.file("t.pftrace"), limit));
    whole_ = limit == kNoTraceLimit;
  }
  /// Whatever a test has recorded: both kinds of timeline say the same.
  void TearDown() override {
    if (whole_ && std::filesystem::exists(json_path()))
      expect_same_timeline(contents_of(json_path()), contents_of(scratch_.file("t.pftrace")));
  }
  nlohmann::ordered_json json() const {
    return nlohmann::ordered_json::parse(contents_of(json_path()));
  }
  std::string csv() const {
    const std::string text = contents_of(csv_path());
    return text.substr(text.find('\n') + 1);
  }
  const ScratchDirectory scratch_;
  mutable bool whole_ = false;
};

TEST_F(EventSinkTest, WritesSlicesCountersAndFlowsInBothFormats) {
  EventSink sink;
  add_writers(sink);
  const TrackId send = sink.add_track("chip.tile3.controller.complete");
  const TrackId receive = sink.add_track("chip.tile4.controller.receive");
  const CounterId queue = sink.add_counter("chip.tile4.network_interface.receive_queue", "packets");
  sink.name_layers({"C1", "C\"3\""});
  sink.describe("tile3", "C1", "W6A4");
  sink.slice(send, "send", 1500000, 1500833, {{"layer", 1}, {"window", 7}, {"channels", 16}});
  sink.slice(send, "nothing", 1500833, 1500833);
  sink.packet_sent(send, 99, 1500833, 1500000);
  sink.counter(queue, 1600000, 2);
  sink.counter(queue, 1650000, 2);
  sink.slice(receive, "activation", 1700000, 1900000);
  sink.packet_taken(receive, 99, 1690000, 1700000, "activation", {{"flits", 3}});
  sink.packet_taken(receive, 100, 1690000, 1700000, "activation");  // left before the run
  sink.packet_sent(send, 101, 1500833, 1500000);                    // never arrives
  sink.packet_sent(send, 102, 1500900, kNoArrow);
  sink.packet_taken(receive, 102, 1600000, 1700000, "credit");
  sink.close();
  EXPECT_EQ(csv(),
            "1500000,833,tile3,controller.complete,slice,send,\"C\"\"3\"\"\",7,channels=16\n"
            "1600000,0,tile4,network_interface.receive_queue,counter,packets,,,value=2\n"
            "1700000,200000,tile4,controller.receive,slice,activation,,,\n"
            "1500833,189167,tile3,controller.complete,packet,activation,C1,,"
            "to=tile4.controller.receive;flits=3\n"
            "1500900,99100,tile3,controller.complete,packet,credit,C1,,"
            "to=tile4.controller.receive\n");
  check_perfetto(json());
  const nlohmann::json events = json();
  std::vector<std::string> kinds;
  for (const auto& event : events) {
    const std::string kind = event["ph"];
    if (kind == "M") continue;
    kinds.push_back(kind);
    if (kind == "X" && event["name"] == "send") {
      EXPECT_EQ(event["ts"], 1.5);
      EXPECT_EQ(event["dur"], 0.001);
      EXPECT_EQ(event["args"],
                (nlohmann::json{{"layer", "C\"3\""}, {"window", 7}, {"channels", 16}}));
    }
    if (kind == "C") {
      EXPECT_EQ(event["args"], (nlohmann::json{{"packets", 2}}));
    }
  }
  EXPECT_EQ(kinds, (std::vector<std::string>{"X", "C", "X", "s", "f"}));
  const auto named = [&](const char* what, const char* name) {
    return std::any_of(events.begin(), events.end(), [&](const nlohmann::json& event) {
      return event["name"] == what && event["args"].value("name", "") == name;
    });
  };
  EXPECT_TRUE(named("process_name", "tile3 C1 W6A4"));
  EXPECT_TRUE(named("thread_name", "controller.receive"));
}

TEST_F(EventSinkTest, OnlyTheLastValueOfAnInstantCounts) {
  EventSink sink;
  add_writers(sink);
  const CounterId queue = sink.add_counter("chip.a.queue", "packets");
  sink.counter(queue, 0, 0);
  for (std::uint64_t i = 1; i <= 3; ++i) {
    sink.counter(queue, 100 * i, 1);  // comes and is taken at once
    sink.counter(queue, 100 * i, i == 2 ? 1 : 0);
  }
  sink.close();
  EXPECT_EQ(csv(),
            "0,0,a,queue,counter,packets,,,value=0\n200,0,a,queue,counter,packets,,,value=1\n"
            "300,0,a,queue,counter,packets,,,value=0\n");
}

TEST_F(EventSinkTest, AWindowKeepsWhatTouchesItAndTheCountersAtItsStart) {
  EventSink sink({200, 400});
  add_writers(sink);
  const TrackId track = sink.add_track("chip.a.b");
  const CounterId counter = sink.add_counter("chip.a.c", "n"),
                  late = sink.add_counter("chip.a.d", "n");
  sink.slice(track, "before", 100, 199);
  sink.slice(track, "into", 150, 250);
  sink.counter(counter, 50, 1);
  sink.counter(counter, 150, 2);
  sink.counter(late, 150, 5);
  sink.counter(counter, 300, 3);
  sink.counter(counter, 500, 4);
  sink.slice(track, "out", 400, 500);
  sink.slice(track, "after", 401, 500);
  sink.packet_sent(track, 1, 150, 150);
  sink.packet_taken(track, 1, 250, 250, "p");
  sink.packet_sent(track, 2, 250, 250);
  sink.packet_taken(track, 2, 450, 450, "p");
  sink.close();
  EXPECT_EQ(csv(),
            "150,100,a,b,slice,into,,,\n400,100,a,b,slice,out,,,\n"
            "200,0,a,c,counter,n,,,value=2\n300,0,a,c,counter,n,,,value=3\n"
            "200,0,a,d,counter,n,,,value=5\n");
}

TEST_F(EventSinkTest, PowerIsTheEnergyOfABinOverItsLength) {
  EventSink sink({}, nullptr, 1000);  // bins of 1 ns
  add_writers(sink);
  const PowerId power = sink.add_power("chip.tile0.power");
  EXPECT_EQ(sink.add_power("chip.tile0.power"), power);
  sink.energy(power, 500, 1500, 8.0);   // 4 pJ in each of bins 0 and 1
  sink.energy(power, 1500, 2000, 1.0);  // 1 pJ in bin 1
  sink.energy(power, 9000, 9001, 3.0);
  sink.close();
  EXPECT_EQ(csv(),
            "0,0,tile0,power,counter,mW,,,value=4\n1000,0,tile0,power,counter,mW,,,value=5\n"
            "2000,0,tile0,power,counter,mW,,,value=0\n9000,0,tile0,power,counter,mW,,,value=3\n"
            "10000,0,tile0,power,counter,mW,,,value=0\n");
}

// Whatever is spent when, the counter's integral is the energy.
TEST_F(EventSinkTest, NoEnergyIsLostOverRandomSpans) {
  std::mt19937_64 engine(5);
  EventSink sink({}, nullptr, 1000);
  sink.add_writer(std::make_unique<EventLog>(csv_path()));
  const PowerId power = sink.add_power("chip.tile0.power");
  std::uint64_t now = 0;
  double spent = 0;
  for (int i = 0; i < 2000; ++i) {
    now += engine() % 700;
    const double energy = 1.0 + static_cast<double>(engine() % 100);
    sink.energy(power, now, now + 1 + engine() % 5000, energy);
    spent += energy;
  }
  sink.close();
  double integral = 0, value = 0;
  std::uint64_t since = 0;
  std::istringstream lines(csv());
  for (std::string line; std::getline(lines, line);) {
    const std::uint64_t at = std::stoull(line);
    integral += value * static_cast<double>(at - since) / 1000;
    value = std::stod(line.substr(line.find("value=") + 6));
    since = at;
  }
  EXPECT_EQ(value, 0);
  EXPECT_NEAR(integral, spent, 1e-4 * spent);  // six digits are written
}

TEST_F(EventSinkTest, AFullFileIsValidAndKeepsToItsLimit) {
  EventSink sink;
  add_writers(sink, 20000);
  const TrackId track = sink.add_track("chip.tile0.pe0");
  for (std::uint64_t i = 0; i < 10000; ++i) sink.slice(track, "work", 10 * i, 10 * i + 5);
  sink.close();
  for (const auto& writer : sink.writers()) {
    EXPECT_TRUE(writer->full());
    EXPECT_LT(writer->bytes(), 20200u);
    EXPECT_GT(writer->last_ps(), 100u);
    EXPECT_LT(writer->last_ps(), 10000u);
  }
  check_perfetto(json());
}

TEST_F(EventSinkTest, GzHoldsTheSameText) {
  const auto fill = [](EventSink& sink) {
    const TrackId track = sink.add_track("chip.tile0.pe0");
    for (std::uint64_t i = 0; i < 20000; ++i) sink.slice(track, "work", 10 * i, 10 * i + 5);
    sink.close();
  };
  EventSink plain, compressed;
  plain.add_writer(std::make_unique<PerfettoWriter>(json_path()));
  compressed.add_writer(std::make_unique<PerfettoWriter>(json_path() + ".gz"));
  fill(plain);
  fill(compressed);
  const std::string expected = contents_of(json_path());
  std::string text(expected.size() + 10, '\0');
  gzFile file = gzopen((json_path() + ".gz").c_str(), "rb");
  text.resize(
      static_cast<std::size_t>(gzread(file, text.data(), static_cast<unsigned>(text.size()))));
  gzclose(file);
  EXPECT_TRUE(text == expected);
  EXPECT_LT(contents_of(json_path() + ".gz").size(), expected.size() / 4);
}

TEST_F(EventSinkTest, NothingIsLeftWithoutCloseAndNothingIsWrittenAfterIt) {
  {
    EventSink sink;
    add_writers(sink);
    sink.slice(sink.add_track("chip.a.b"), "x", 0, 1);
  }
  EXPECT_TRUE(scratch_.names().empty());
  EventSink sink;
  add_writers(sink);
  const TrackId track = sink.add_track("chip.a.b");
  sink.close();
  const std::string before = contents_of(json_path());
  sink.slice(track, "x", 0, 1);
  sink.close();
  EXPECT_EQ(contents_of(json_path()), before);
  EXPECT_EQ(json().size(), 1u);
}

TEST_F(EventSinkTest, AFolderThatIsMissingIsARunError) {
  EXPECT_THROW(PerfettoWriter(scratch_.file("missing/x.json")), RunError);
  EXPECT_THROW(EventLog(scratch_.file("missing/x.csv.gz")), RunError);
}

// Whoever gets a trace sees in the file, and in the viewer, what ran.
TEST_F(EventSinkTest, ATimelineSaysWhatRan) {
  EventSink sink;
  sink.add_writer(std::make_unique<PerfettoWriter>(
      json_path(), kNoTraceLimit,
      PerfettoHead{{{"command", "kirchhoff simulate --policy 'a \"b\"'"}, {"policy", "8/8,6/4"}},
                   0}));
  const TrackId row = sink.add_track("chip.tile3.pe0.read");
  sink.slice(row, "read", 2000000, 3000000);
  sink.slice(row, "read", 4000000, 5500000);
  sink.close();
  const nlohmann::ordered_json trace = json();
  check_perfetto(trace);
  EXPECT_EQ(trace.front()["args"],
            (nlohmann::ordered_json{{"command", "kirchhoff simulate --policy 'a \"b\"'"},
                                    {"policy", "8/8,6/4"},
                                    {"microsecond", "a microsecond of simulated time"}}));
  const nlohmann::json run = trace.back();
  EXPECT_EQ(run["name"], "kirchhoff simulate --policy 'a \"b\"'");
  EXPECT_EQ(run["ts"], 2.0);
  EXPECT_EQ(run["dur"], 3.5);
  EXPECT_EQ(run["args"]["policy"], "8/8,6/4");
}

// Edge k of a clock lies at k / f rounded to a picosecond, 833.3 ps apart at 1.2 GHz.
TEST_F(EventSinkTest, InCyclesAnEdgeIsAWholeNumberAndOrderStays) {
  EventSink sink;
  sink.add_writer(
      std::make_unique<PerfettoWriter>(json_path(), kNoTraceLimit, PerfettoHead{{}, 1200}));
  const TrackId row = sink.add_track("chip.tile3.pe0.read");
  const std::uint64_t far = 1200000;  // cycles: a millisecond
  const auto edge = [](std::uint64_t k) { return (k * 10000 + 6) / 12; };
  std::vector<double> expected;
  for (const std::uint64_t base : {std::uint64_t{0}, far}) {
    for (std::uint64_t k = base; k < base + 50; ++k) {
      sink.slice(row, "read", edge(k), edge(k + 1));
      expected.push_back(static_cast<double>(k));
    }
  }
  sink.slice(row, "between", edge(2 * far) + 417, edge(2 * far + 1) - 1);
  sink.close();
  const nlohmann::ordered_json trace = json();
  check_perfetto(trace);
  std::vector<double> begins;
  for (const auto& event : trace) {
    if (event["ph"] != "X") continue;
    if (event["name"] == "between") {
      EXPECT_EQ(event["ts"], 2400000.5);
      EXPECT_NEAR(event["dur"].get<double>(), 0.499, 0.0011);
      continue;
    }
    begins.push_back(event["ts"]);
    EXPECT_EQ(event["dur"], 1.0);
  }
  EXPECT_EQ(begins, expected);
  EXPECT_EQ(trace.front()["args"]["microsecond"], "a cycle at 1200 MHz");
}

}  // namespace
}  // namespace kirchhoff
