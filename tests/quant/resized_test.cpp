#include "quant/network/resized.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "quant/network/networks.h"

namespace kirchhoff::quant {
namespace {

std::string refusal(const Network& network, int height, int width) {
  try {
    resized(network, height, width);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(Resized, ToItsOwnSizeANetworkIsWhatItWas) {
  for (const char* name : {"lenet5", "vgg13", "resnet20", "mobilenet-v2", "squeezenet"}) {
    const Network network = find_network(name);
    const Network same = resized(network, network.image.height, network.image.width);
    EXPECT_EQ(stages_text(same), stages_text(network)) << name;
  }
}

TEST(Resized, GraphsThatPoolTheRestAwayTakeOtherSizes) {
  for (const char* name : {"resnet20", "mobilenet-v1", "mobilenet-v2"}) {
    const Network network = find_network(name);
    const Network small = resized(network, 24, 20);
    EXPECT_NO_THROW(small.validate()) << name;
    EXPECT_EQ(small.layers.front().input, (Shape{3, 24, 20}));
    EXPECT_EQ(small.layers.back().output(), network.layers.back().output());
    for (const LayerId l : network.layers.ids())
      EXPECT_EQ(small.layers[l].weights(), network.layers[l].weights()) << name;
  }
}

TEST(Resized, MaxPoolingLargerThanItsMapTakesTheWholeOfIt) {
  const Network small = resized(vgg13(), 24, 24);
  EXPECT_EQ(small.layers[LayerId{6}].convolved(), (Shape{1024, 1, 1}));
  EXPECT_EQ(small.layers[LayerId{6}].pool, 1);
}

TEST(Resized, SaysWhichLayerDoesNotFit) {
  const std::string connected = refusal(lenet5(), 36, 32);
  EXPECT_NE(connected.find("layer F6"), std::string::npos) << connected;
  const std::string window = refusal(lenet5(), 8, 8);
  EXPECT_NE(window.find("layer C3"), std::string::npos) << window;
  EXPECT_NE(window.find("window is larger"), std::string::npos) << window;
}

}  // namespace
}  // namespace kirchhoff::quant
