// The engine on networks that are no chains: every logit is the golden inference's.

#include <mutex>
#include <vector>

#include <gtest/gtest.h>

#include "quant/accuracy/batch_inference.h"
#include "quant/accuracy/host_engine.h"
#include "quant/accuracy/map_places.h"
#include "quant/network/lower.h"
#include "quant/network/networks.h"
#include "quant/network/zoo/builder.h"
#include "tests/quant/chains.h"
#include "tests/support/random_graphs.h"

namespace kirchhoff::quant {
namespace {

using Logits = std::vector<std::vector<std::int64_t>>;

/// Of images [first, first + images).
Logits logits_of(InferenceEngine& engine, const IntegerNetwork& network, std::size_t first,
                 std::size_t images) {
  Logits found(images);
  engine.run(PolicyIntegers(network), first, images,
             [&](std::size_t at, int count, const std::int64_t* logits) {
               const auto size =
                   static_cast<std::ptrdiff_t>(network.network.layers.back().output().size());
               for (std::ptrdiff_t i = 0; i < count; ++i) {
                 found[at - first + static_cast<std::size_t>(i)].assign(logits + i * size,
                                                                        logits + (i + 1) * size);
               }
             });
  return found;
}

Logits golden_logits(const IntegerNetwork& network, const Dataset& data, std::size_t first,
                     std::size_t images) {
  Logits logits;
  for (std::size_t i = first; i < first + images; ++i)
    logits.push_back(golden_inference(network, data.image(i)).logits);
  return logits;
}

TEST(GraphEngine, EqualsGoldenOnRandomGraphs) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    RandomGraphs random(seed);
    const Network network = lower(random.graph()).network;
    const IntegerNetwork integers = random_integer_network(network, random.policy(network), seed);
    const auto first = static_cast<std::size_t>(random.between(0, 20));
    const auto images = static_cast<std::size_t>(random.between(1, 20));
    const Dataset data = random_dataset(network.image, first + images, seed * 100);
    const Logits expected = golden_logits(integers, data, first, images);
    BatchInference engine(network, data, random.between(1, 3));
    ASSERT_TRUE(engine.takes(PolicyIntegers(integers)));
    for (const base::Processor kind : base::processors()) {
      const base::ForceProcessor forced(kind);
      ASSERT_EQ(logits_of(engine, integers, first, images), expected)
          << "seed " << seed << ", processor " << static_cast<int>(kind);
    }
  }
}

/// Fire modules (Iandola et al. 2016) between poolings that overlap.
Network small_squeezenet() {
  Builder b("squeeze", {3, 15, 15});
  b.convolution("conv1", 8, 3, 1).relu().max_pool("pool1", 3, 2, 0, true);
  for (const char* name : {"fire1", "fire2"}) {
    const std::string fire = name;
    b.convolution(fire + ".squeeze", 6, 1).relu();
    const ValueId squeezed = b.last();
    b.convolution(fire + ".one", 8, 1).relu();
    const ValueId one = b.last();
    b.from(squeezed).convolution(fire + ".three", 8, 3, 1).relu();
    b.concat(fire + ".join", {one, b.last()});
  }
  b.max_pool("pool2", 3, 2).convolution("conv2", 10, 1).relu();
  return lower(b.global_average("gap").take()).network;
}

/// Inverted residual blocks (Sandler et al. 2018), and a 5x5 with two outputs per channel.
Network small_mobilenet() {
  Builder b("mobile", {3, 13, 11});
  b.convolution("conv1", 8, 3, 1, 2).relu6();
  const auto block = [&b](const std::string& name, int channels, int stride) {
    const ValueId entered = b.last();
    const int before = b.shape().channels;
    b.convolution(name + ".expand", 3 * before, 1).relu6();
    b.depthwise(name + ".dw", 3, 1, stride).relu6();
    b.convolution(name + ".project", channels, 1);
    if (stride == 1 && before == channels) b.add(name + ".sum", entered);
  };
  block("b1", 8, 1);
  block("b2", 9, 2);
  block("b3", 9, 1);
  b.node("dw5", convolution({18, {5, 1, 1, 2}, 9}))
      .function("swish", Function::of(Function::Kind::kHardSwish));
  b.global_average("gap").linear("fc", 7);
  return lower(b.take()).network;
}

/// What random graphs are too small for: bands of a map, tiles of values with a sign.
Network large_maps() {
  Builder b("large", {3, 36, 41});
  b.convolution("conv1", 34, 3, 1);  // no function: signs from here on
  const ValueId stem = b.last();
  b.convolution("tiles", 12, 3, 1);
  const ValueId tiles = b.last();
  b.from(stem).node("dilated", convolution({12, {3, 1, {2, 1}, {2, 1, 2, 1}}, 2}));
  b.add("sum", tiles).relu();
  const ValueId sum = b.last();
  b.from(stem).convolution("bands", 10, 5, 2).relu().max_pool(3);
  const ValueId bands = b.last();
  b.from(stem).node("strided", convolution({8, {{4, 3}, 3, 1, {1, 0, 0, 0}}, 1})).relu();
  const ValueId strided = b.last();
  b.from(bands).node("crop", convolution({8, {1, 1, 1, 0}, 1}));
  b.add("sum2", strided);
  b.global_average("gap2").linear("side", 6);
  const ValueId side = b.last();
  b.from(sum).global_average("gap").linear("fc", 6);
  b.add("sum3", side);
  return lower(b.take()).network;
}

TEST(GraphEngine, EqualsGoldenOnNetworksOfTheFamilies) {
  for (const Network& network :
       {find_network("resnet8"), small_squeezenet(), small_mobilenet(), large_maps()}) {
    for (const auto& bits : {LayerBits{8, 8}, LayerBits{4, 4}, LayerBits{2, 7}}) {
      const Policy policy = Policy::uniform(network, bits.weight, bits.activation);
      expect_golden_logits(random_integer_network(network, policy, 5), 3, 6);
    }
  }
}

TEST(GraphEngine, FullScaleIsExact) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    RandomGraphs random(seed);
    const Network network = lower(random.graph()).network;
    IntegerNetwork integers = random_integer_network(network, Policy::uniform(network, 8, 8), seed);
    for (const LayerId l : network.weight_layers()) {
      integers.layers[l].weights.setConstant(127);
      for (Eigen::Index c = 1; c < integers.layers[l].weights.cols(); c += 2)
        integers.layers[l].weights.col(c).setConstant(-127);
    }
    Dataset data = random_dataset(network.image, 3, seed);
    std::fill(data.pixels.begin(), data.pixels.end(), std::uint8_t{255});
    BatchInference engine(network, data, 1);
    ASSERT_EQ(logits_of(engine, integers, 0, 3), golden_logits(integers, data, 0, 3)) << seed;
  }
}

TEST(GraphEngine, PoliciesThatBeginAlikeShareMaps) {
  const Network network = find_network("resnet8");
  const Dataset data = random_dataset(network.image, 18, 1);
  BatchInference engine(network, data, 2);
  for (const int last : {8, 4, 8, 3}) {
    Policy policy = Policy::uniform(network, 5, 6);
    const LayerId layer = network.layers.last_id();
    policy.layers[layer].weight = last;
    IntegerNetwork integers = random_integer_network(network, Policy::uniform(network, 5, 6), 7);
    // Of one model: the weights depend on layer and width.
    integers.policy = policy;
    integers.layers[layer].weight_bits = last;
    Eigen::MatrixXi& weights = integers.layers[layer].weights;
    const int top = (1 << (last - 1)) - 1;
    for (int i = 0; i < weights.size(); ++i) weights.data()[i] = (i * 7 + last) % (2 * top) - top;
    ASSERT_EQ(logits_of(engine, integers, 0, 18), golden_logits(integers, data, 0, 18));
  }
  EXPECT_EQ(engine.shortcuts(), 3u);
}

/// Logits of all images, and the conversions that saturated.
std::pair<Logits, ClippedConversions> converted(InferenceEngine& engine,
                                                const IntegerNetwork& integers,
                                                std::size_t images) {
  Logits logits(images);
  const auto size = static_cast<std::size_t>(integers.network.layers.back().output().size());
  ClippedConversions clipped =
      engine.run(PolicyIntegers(integers), 0, images,
                 [&](std::size_t at, int count, const std::int64_t* rows) {
                   for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
                     logits[at + i].assign(rows + i * size, rows + (i + 1) * size);
                 });
  return {logits, clipped};
}

AdcModel random_converter(RandomGraphs& random) {
  AdcModel adc;
  adc.bits = random.between(2, 8);
  adc.lsb = random.pick({1, 1, 2, 4});
  adc.cell_bits = random.pick({1, 2, 4});
  adc.offset = random.chance(50);
  adc.unit_column = adc.offset && random.chance(50);
  adc.block_rows = random.pick({16, 32, 64, 128});
  adc.block_columns = random.pick({8, 32, 128});
  const GroupedMatrix ways[] = {GroupedMatrix::kDiagonal, GroupedMatrix::kDense,
                                GroupedMatrix::kDigital};
  adc.grouped = ways[random.between(0, 2)];
  return adc;
}

TEST(GraphEngine, ConvertersAreTheGoldenOnesOnRandomGraphs) {
  std::uint64_t saturated = 0;
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    RandomGraphs random(seed);
    const Network network = lower(random.graph()).network;
    const IntegerNetwork integers = random_integer_network(network, random.policy(network), seed);
    const AdcModel adc = random_converter(random);
    const auto images = static_cast<std::size_t>(random.between(1, 18));
    const Dataset data = random_dataset(network.image, images, seed);
    Logits expected;
    ClippedConversions clipped(network.layers.size(), 0);
    for (std::size_t i = 0; i < images; ++i) {
      const GoldenResult golden = golden_inference(integers, data.image(i), &adc);
      expected.push_back(golden.logits);
      for (const LayerId l : clipped.ids()) clipped[l] += golden.layers[l].clipped_conversions;
    }
    for (const std::uint64_t count : clipped) saturated += count;
    BatchInference engine(network, data, random.between(1, 2), &adc);
    ASSERT_TRUE(engine.takes(PolicyIntegers(integers))) << seed;
    for (const base::Processor kind : base::processors()) {
      const base::ForceProcessor forced(kind);
      const auto found = converted(engine, integers, images);
      ASSERT_EQ(found.first, expected) << "seed " << seed;
      ASSERT_EQ(found.second.items(), clipped.items()) << "seed " << seed;
    }
  }
  EXPECT_GT(saturated, 0u);
}

TEST(GraphEngine, ConvertersAreTheGoldenOnesOnInvertedResiduals) {
  for (const bool offset : {false, true}) {
    const Network network = small_mobilenet();
    AdcModel adc;
    adc.bits = 4;
    adc.offset = adc.unit_column = offset;
    for (const GroupedMatrix grouped : {GroupedMatrix::kDiagonal, GroupedMatrix::kDense}) {
      adc.grouped = grouped;
      expect_golden_logits(random_integer_network(network, Policy::uniform(network, 5, 6), 5), 3, 6,
                           &adc);
    }
  }
}

// A network whose depthwise layers alone would lose something.
TEST(GraphEngine, DigitalDepthwiseLayersLoseNothing) {
  Builder b("deep", {6, 7, 7});
  b.depthwise("deep", 3, 1, 1).relu6();
  b.depthwise("deep2", 3, 1, 2).relu6();
  b.depthwise("last", 4, 0, 1);
  const Network network = lower(b.take()).network;
  const Dataset data = random_dataset(network.image, 5, 1);
  const IntegerNetwork integers =
      random_integer_network(network, Policy::uniform(network, 6, 5), 3);
  AdcModel adc;
  adc.bits = 3;
  adc.lsb = 4;
  const auto exact = golden_logits(integers, data, 0, 5);
  const auto image = data.image(0);
  EXPECT_NE(golden_inference(integers, image, &adc).logits, exact.front());
  adc.grouped = GroupedMatrix::kDigital;
  EXPECT_EQ(golden_inference(integers, image, &adc).logits, exact.front());
  BatchInference engine(network, data, 1, &adc);
  ASSERT_TRUE(engine.takes(PolicyIntegers(integers)));
  EXPECT_EQ(logits_of(engine, integers, 0, 5), exact);
}

TEST(GraphEngine, LayersWithoutWeightsMayHaveNone) {
  const Network network = find_network("resnet8");
  const Dataset data = random_dataset(network.image, 2, 1);
  const IntegerNetwork integers =
      random_integer_network(network, Policy::uniform(network, 3, 3), 2);
  PolicyIntegers view(integers);
  for (const LayerId l : network.layers.ids()) {
    if (!network.layers[l].has_weights()) view.weights[l] = nullptr;
  }
  const IntegerNetwork again = view.with_weights(network);
  EXPECT_EQ(golden_logits(again, data, 0, 2), golden_logits(integers, data, 0, 2));
  BatchInference engine(network, data, 1);
  EXPECT_EQ(logits_of(engine, again, 0, 2), golden_logits(integers, data, 0, 2));
}

TEST(MapPlaces, MapsThatAreNeededTogetherDoNotOverlap) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const Network network = lower(RandomGraphs(seed).graph()).network;
    const MapPlaces places(network);
    for (const LayerId l : network.layers.ids()) {
      // What is there while the layer computes: what it reads, what others read later, its own map.
      std::vector<TensorId> there = network.layers[l].inputs;
      const std::vector<TensorId>& second = network.layers[l].residual;
      there.insert(there.end(), second.begin(), second.end());
      if (l != LayerId{0}) {
        const std::vector<TensorId> live = places.live_after(preceding(l));
        there.insert(there.end(), live.begin(), live.end());
      }
      const TensorId made = output_of(l);
      EXPECT_LE(places.place(made) + places.bytes_of(made), places.bytes());
      for (const TensorId other : there) {
        EXPECT_TRUE(places.place(other) + places.bytes_of(other) <= places.place(made) ||
                    places.place(made) + places.bytes_of(made) <= places.place(other))
            << "seed " << seed << ", layer " << index(l);
      }
    }
  }
}

}  // namespace
}  // namespace kirchhoff::quant
