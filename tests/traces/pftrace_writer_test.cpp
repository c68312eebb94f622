// Perfetto's own format against the JSON of the same events, read back by somebody else's decoder.
#include "traces/pftrace_writer.h"

#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/base/scratch_directory.h"
#include "tests/traces/timeline.h"
#include "traces/event_sink.h"
#include "traces/perfetto_writer.h"

namespace kirchhoff {
namespace {

/// Rows with slices that follow, touch, nest, overlap once rounded and come late; counters;
/// packets.
void record_at_random(EventSink& sink, std::mt19937& engine) {
  const auto draw = [&](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(engine);
  };
  sink.name_layers({"C1", "C\"3\" µ"});
  sink.describe("tile0", "C1", "W6A4");
  std::vector<TrackId> rows;
  std::vector<CounterId> counters;
  for (int i = 0; i < draw(1, 4); ++i) {
    rows.push_back(
        sink.add_track("chip.tile" + std::to_string(i % 2) + ".row" + std::to_string(i)));
    counters.push_back(sink.add_counter("chip.tile0.count" + std::to_string(i), "rows"));
  }
  rows.push_back(sink.add_track("chip.host"));
  std::uint64_t now = 0;
  for (int i = 0; i < 300; ++i) {
    const TrackId row = rows[static_cast<std::size_t>(draw(0, static_cast<int>(rows.size()) - 1))];
    const auto length = static_cast<std::uint64_t>(draw(1, 4000));
    sink.slice(row, i % 3 == 0 ? "read" : "wait", now, now + length,
               {{"layer", draw(-1, 2)}, {"window", i}, {"delta", -i}});
    if (draw(0, 3) == 0)
      sink.slice(row, "around", now - std::min<std::uint64_t>(now, 900), now + length + 700);
    if (draw(0, 3) == 0) sink.slice(row, "inside", now + length / 4, now + length / 2);
    if (draw(0, 4) == 0) sink.slice(row, "late", now / 2, now / 2 + length);
    sink.counter(counters[static_cast<std::size_t>(draw(0, static_cast<int>(counters.size()) - 1))],
                 now, draw(-3, 3) / 7.0);
    if (draw(0, 2) == 0) {
      sink.packet_sent(row, static_cast<std::uint64_t>(i), now, now);
      const auto later = now + static_cast<std::uint64_t>(draw(0, 5000));
      sink.packet_taken(rows.front(), static_cast<std::uint64_t>(i), later, later, "credit",
                        {{"flits", draw(1, 9)}});
    }
    now += draw(0, 2) == 0 ? length : static_cast<std::uint64_t>(draw(0, 9000));
  }
}

class PftraceTest : public ::testing::Test {
 protected:
  std::string json() const { return scratch_.file("t.json"); }
  std::string own() const { return scratch_.file("t.pftrace"); }
  const ScratchDirectory scratch_;
};

TEST_F(PftraceTest, RandomEventsAreThoseOfTheJson) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 engine(seed);
    const PerfettoHead head{{{"command", "kirchhoff simulate \"a\""}}, seed % 2 == 0 ? 0 : 1200};
    EventSink sink;
    sink.add_writer(std::make_unique<PerfettoWriter>(json(), kNoTraceLimit, head));
    sink.add_writer(std::make_unique<PftraceWriter>(own(), kNoTraceLimit, head));
    record_at_random(sink, engine);
    sink.close();
    const PftraceReader reader(contents_of(own()));
    EXPECT_GT(reader.timeline().slices.size(), 300u);
    EXPECT_GT(reader.timeline().flows.size(), 20u);
    EXPECT_GT(reader.timeline().counters.size(), 50u);
    EXPECT_GT(reader.tracks(), 3u);
    expect_same_timeline(contents_of(json()), contents_of(own()));
  }
}

TEST_F(PftraceTest, SlicesThatFollowEachOtherShareATrackAndOthersDoNot) {
  EventSink sink;
  sink.add_writer(std::make_unique<PftraceWriter>(own()));
  const TrackId row = sink.add_track("chip.tile0.pe0.read");
  for (std::uint64_t i = 0; i < 100; ++i) sink.slice(row, "read", 833 * i, 833 * (i + 1));
  sink.slice(row, "over", 90000, 99000);
  sink.slice(row, "inside", 91000, 92000);
  sink.slice(row, "inside", 92000, 93000);
  sink.close();
  EXPECT_EQ(PftraceReader(contents_of(own())).tracks(), 2u);
}

TEST_F(PftraceTest, ItSaysWhatRan) {
  EventSink sink;
  sink.add_writer(std::make_unique<PftraceWriter>(
      own(), kNoTraceLimit,
      PerfettoHead{{{"command", "kirchhoff a \"b\""}, {"policy", "8/8"}}, 0}));
  const TrackId row = sink.add_track("chip.tile3.pe0.read");
  sink.slice(row, "read", 2000000, 3000000);
  sink.slice(row, "read", 4000000, 5500000);
  sink.close();
  EXPECT_EQ(PftraceReader(contents_of(own())).run(),
            "run run kirchhoff a \"b\" 2000 5500 command=\"kirchhoff a \\\"b\\\"\""
            " microsecond=\"a microsecond of simulated time\" policy=\"8/8\"");
}

TEST_F(PftraceTest, AFullFileIsValidAndAnEmptyOneIsATrace) {
  EventSink sink;
  sink.add_writer(std::make_unique<PftraceWriter>(own(), 5000));
  std::mt19937 engine(7);
  record_at_random(sink, engine);
  sink.close();
  const std::string bytes = contents_of(own());
  EXPECT_GE(bytes.size(), 5000u);
  EXPECT_LT(bytes.size(), 5600u);
  EXPECT_GT(PftraceReader(bytes).timeline().slices.size(), 10u);

  EventSink none;
  none.add_writer(std::make_unique<PftraceWriter>(own()));
  none.close();
  EXPECT_GT(contents_of(own()).size(), 0u);
  EXPECT_TRUE(PftraceReader(contents_of(own())).timeline().slices.empty());
}

TEST_F(PftraceTest, TheNameChoosesTheFormat) {
  EXPECT_TRUE(is_pftrace("a.pftrace") && is_pftrace("a/b.pftrace.gz"));
  EXPECT_FALSE(is_pftrace("a.json") || is_pftrace("pftrace") || is_pftrace(".pftrace") ||
               is_pftrace("a.pftrace.json") || is_pftrace("a.gz"));
  EXPECT_THROW(PftraceWriter(scratch_.file("missing/x.pftrace")), RunError);
}

TEST(ProtoMessage, NumbersOfEverySizeComeBack) {
  ProtoMessage message;
  std::vector<std::uint64_t> numbers = {
      0, 1, 127, 128, 16383, 16384, std::numeric_limits<std::uint64_t>::max()};
  for (int shift = 0; shift < 64; ++shift) numbers.push_back(std::uint64_t{1} << shift);
  for (const std::uint64_t number : numbers) {
    message.integer(5, number);
    message.fixed64(900, number);
  }
  message.real(44, -0.1);
  message.text(2, std::string(300, 'x'));
  google::protobuf::UnknownFieldSet fields;
  ASSERT_TRUE(fields.ParseFromString(message.bytes()));
  ASSERT_EQ(fields.field_count(), 2 * static_cast<int>(numbers.size()) + 2);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    EXPECT_EQ(fields.field(static_cast<int>(2 * i)).varint(), numbers[i]);
    EXPECT_EQ(fields.field(static_cast<int>(2 * i + 1)).fixed64(), numbers[i]);
    EXPECT_EQ(fields.field(static_cast<int>(2 * i + 1)).number(), 900);
  }
  EXPECT_EQ(fields.field(fields.field_count() - 1).length_delimited(), std::string(300, 'x'));
}

}  // namespace
}  // namespace kirchhoff
