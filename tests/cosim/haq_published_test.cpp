// HAQ's published table of MobileNetV2 on its cloud accelerator, where it is there:
// KIRCHHOFF_DATA/haq/mobilenetv2-cloud-latency.npy.
#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "cosim/table_cost_model.h"
#include "quant/network/networks.h"

namespace kirchhoff::cosim {
namespace {

class HaqPublishedTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* const data = std::getenv("KIRCHHOFF_DATA");
    path_ = data == nullptr ? "" : std::string(data) + "/haq/mobilenetv2-cloud-latency.npy";
    if (!std::filesystem::exists(path_)) {
      GTEST_SKIP() << "KIRCHHOFF_DATA/haq/mobilenetv2-cloud-latency.npy not there";
    }
  }
  double ratio(const std::string& policy) const {
    const sim::CostTable table = load_cost_table(path_, network_, {});
    return make_table_cost_model(table, network_, {})
        ->cost(quant::policy_from_text(policy, network_))
        .cost;
  }
  const quant::Network network_ = quant::find_network("mobilenet-v2-imagenet");
  std::string path_;
};

// The policy that HAQ's repository has for a limit of 0.6, the image at 8 bits.
TEST_F(HaqPublishedTest, ItsOwnPolicyCosts596ThousandthsOfW8A8) {
  EXPECT_NEAR(
      ratio(
          "8/8,7/7,5/6,4/6,5/6,5/7,5/6,7/4,4/6,4/6,7/7,5/6,4/6,7/3,5/7,4/7,7/3,5/7,4/7,7/7,4/7,4/7,"
          "6/4,6/7,4/7,7/4,6/7,5/7,7/4,6/7,5/7,7/4,6/7,6/7,6/4,5/7,6/7,6/4,5/7,6/7,7/7,4/7,7/7,7/7,"
          "4/7,7/7,7/7,4/7,7/7,7/7,4/7,7/7,8/8"),
      0.596, 0.0005);
}

// Their Table 1 on the cloud accelerator: 0.392, 0.524 and 0.669.
TEST_F(HaqPublishedTest, UniformPoliciesCostWhatThePaperPrints) {
  EXPECT_NEAR(ratio("W4A4"), 0.392, 0.006);
  EXPECT_NEAR(ratio("W5A5"), 0.524, 0.006);
  EXPECT_NEAR(ratio("W6A6"), 0.669, 0.006);
}

TEST_F(HaqPublishedTest, ItBoundsLatenciesOnly) {
  const sim::CostTable table = load_cost_table(path_, network_, {});
  EXPECT_NO_THROW(refuse_limit(table, path_, agent::Limit::kLatency));
  for (const agent::Limit limit :
       {agent::Limit::kCost, agent::Limit::kEnergy, agent::Limit::kSize}) {
    EXPECT_THROW(refuse_limit(table, path_, limit), InputError);
  }
}

}  // namespace
}  // namespace kirchhoff::cosim
