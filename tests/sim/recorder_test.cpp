#include "sim/recorder.h"

#include <gtest/gtest.h>

#include "mapping/program.h"
#include "quant/network/networks.h"
#include "tests/quant/chains.h"

namespace kirchhoff::sim {
namespace {

/// A small network with pooling, one image through it, and a recorder that saw the same.
class FirstDifferenceTest : public testing::Test {
 protected:
  FirstDifferenceTest()
      : network_(quant::chain({2, 7, 7}, {{3, 2, 1, 0, 2}, {4, 3, 1, 0, 1}}, 5)),
        integers_(
            quant::random_integer_network(network_, quant::Policy::uniform(network_, 4, 4), 3)),
        golden_(quant::golden_inference(integers_, quant::random_image(network_.image, 7))) {
    recorder_.reset(network_);
  }

  /// What the chip would deliver; `change(layer, accumulator, index, value)` may spoil a value, and
  /// leaves it out by returning false.
  template <typename Change>
  void deliver(const Change& change) {
    for (const quant::LayerId l : network_.layers.ids()) {
      const quant::LayerTrace& trace = golden_.layers[l];
      const auto each = [&](bool accumulator, const quant::Shape& shape,
                            const std::vector<std::int64_t>& values) {
        for (std::size_t i = 0; i < values.size(); ++i) {
          std::int64_t value = values[i];
          if (!change(l, accumulator, i, value)) continue;
          const int map = shape.height * shape.width, at = static_cast<int>(i);
          const int c = at / map, y = at % map / shape.width, x = at % shape.width;
          hw::Sums sums(1);
          sums[0] = value;
          if (accumulator) {
            recorder_.accumulators(0, mapping::label_of(l), c, y, x, sums);
          } else {
            recorder_.outputs(0, mapping::label_of(l), c, y, x, sums);
          }
        }
      };
      each(true, trace.convolved_shape, trace.accumulators);
      if (l != network_.layers.last_id()) each(false, trace.output_shape, trace.outputs);
    }
  }

  const quant::Network network_;
  const quant::IntegerNetwork integers_;
  const quant::GoldenResult golden_;
  Recorder recorder_;
};

TEST_F(FirstDifferenceTest, FindsNoDifferenceWhereThereIsNone) {
  deliver([](quant::LayerId, bool, std::size_t, std::int64_t&) { return true; });
  const BitExactness result = recorder_.compare(0, golden_);
  EXPECT_TRUE(result.exact());
  EXPECT_FALSE(result.first);
}

TEST_F(FirstDifferenceTest, NamesTheFirstDifferenceOfALayerBeforeWhatFollowsFromIt) {
  // 6 x 6 windows of the first layer; window 9 of channel 2 is at (1, 3).
  const std::size_t at = 2 * 36 + 9;
  deliver([&](quant::LayerId l, bool accumulator, std::size_t i, std::int64_t& value) {
    if (l == quant::LayerId{0} && accumulator && i == at) ++value;
    if (l == quant::LayerId{0} && !accumulator && i == 0) value += 5;
    if (l == quant::LayerId{1}) value += 7;
    return true;
  });
  const BitExactness result = recorder_.compare(0, golden_);
  EXPECT_FALSE(result.exact());
  const std::int64_t expected = golden_.layers[quant::LayerId{0}].accumulators[at];
  EXPECT_NE(
      result.text(network_).find(
          "; first difference: layer conv1: accumulator of channel 2, window (y 1, x 3): chip " +
          std::to_string(expected + 1) + ", golden " + std::to_string(expected)),
      std::string::npos)
      << result.text(network_);
}

TEST_F(FirstDifferenceTest, SaysThatAnOutputNeverCame) {
  deliver([](quant::LayerId l, bool accumulator, std::size_t i, std::int64_t&) {
    return l != quant::LayerId{1} || accumulator || i != 1;
  });
  const BitExactness result = recorder_.compare(0, golden_);
  EXPECT_EQ(result.outputs, result.outputs_equal + 1);
  EXPECT_EQ(result.accumulators, result.accumulators_equal);
  ASSERT_TRUE(result.first);
  EXPECT_EQ(result.first->text(network_),
            "layer conv2: output of channel 1, place (y 0, x 0): chip none, golden " +
                std::to_string(golden_.layers[quant::LayerId{1}].outputs[1]));
}

TEST(RecorderTest, OneWrongIntegerIsFound) {
  const auto network = quant::lenet5();
  const auto integers =
      quant::random_integer_network(network, quant::Policy::uniform(network, 8, 8), 1);
  auto golden = quant::golden_inference(integers, quant::random_image(network.image, 1));
  Recorder recorder;
  recorder.reset(network);
  EXPECT_FALSE(recorder.compare(0, golden).exact());  // nothing came from the chip
  const auto play = [&] {
    recorder.reset(network);
    for (const quant::LayerId l : network.layers.ids()) {
      const auto& trace = golden.layers[l];
      for (int y = 0; y < trace.convolved_shape.height; ++y) {
        for (int x = 0; x < trace.convolved_shape.width; ++x) {
          hw::Sums values;
          for (int c = 0; c < trace.convolved_shape.channels; ++c) {
            values.push_back(trace.accumulators[static_cast<std::size_t>(
                (c * trace.convolved_shape.height + y) * trace.convolved_shape.width + x)]);
          }
          recorder.accumulators(0, mapping::label_of(l), 0, y, x, values);
        }
      }
      for (int y = 0; y < trace.output_shape.height; ++y) {
        for (int x = 0; x < trace.output_shape.width; ++x) {
          hw::Sums values;
          for (int c = 0; c < trace.output_shape.channels; ++c) {
            values.push_back(trace.outputs[static_cast<std::size_t>(
                (c * trace.output_shape.height + y) * trace.output_shape.width + x)]);
          }
          recorder.outputs(0, mapping::label_of(l), 0, y, x, values);
        }
      }
    }
  };
  play();
  EXPECT_TRUE(recorder.compare(0, golden).exact());
  ++golden.layers[quant::LayerId{1}].accumulators[7];
  const auto result = recorder.compare(0, golden);
  EXPECT_FALSE(result.exact());
  EXPECT_EQ(result.accumulators - result.accumulators_equal, 1u);
}

}  // namespace
}  // namespace kirchhoff::sim
