#include "tests/bench/peak.h"

#include <algorithm>
#include <cstdint>
#include <ctime>

#include <fmt/format.h>

#include "base/kernels.h"
#include "quant/accuracy/accuracy_engine.h"
#include "quant/accuracy/winograd.h"
#include "quant/network/networks.h"
#include "tests/bench/random_model.h"

namespace kirchhoff {
namespace {

struct Kernels {
  /// Each `rounds` times; return the products of two numbers that this takes, 0 where the processor
  /// has no such instruction.
  double (*multiply_shorts)(std::int64_t rounds, std::int32_t* result);
  double (*multiply_bytes)(std::int64_t rounds, std::int32_t* result);
};

#define KIRCHHOFF_KERNELS "tests/bench/peak_kernels.inc"
#include "base/each_processor.inc"

double thread_seconds() {
  std::timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// The most per second that was seen.
class Rate {
 public:
  template <class Work>
  void measure(const Work& work) {
    const double start = thread_seconds();
    const double done = work();
    best_ = std::max(best_, done / (thread_seconds() - start));
  }
  double best() const { return best_; }

 private:
  double best_ = 0.0;
};

/// Products of one image.
struct Products {
  double direct = 0.0;    ///< every layer window by window
  double winograd = 0.0;  ///< layers that Winograd's tiles suit by tiles
};

Products count_products(const quant::Network& network) {
  Products products;
  for (const quant::Layer& layer : network.layers) {
    const auto macs = static_cast<double>(layer.macs());
    products.direct += macs;
    if (quant::winograd_pays(layer)) {
      products.winograd += static_cast<double>(quant::WinogradLayout(layer).tiles()) *
                           quant::kTilePoints * layer.input.channels * layer.out_channels;
    } else {
      products.winograd += macs;
    }
  }
  return products;
}

void print_limit(const char* what, double products_per_second, double products, double images) {
  if (products_per_second == 0.0) return;
  const double limit = products_per_second / products;
  fmt::print("  {:<15} {:6.1f} G products/s, {:6.1f} M an image: ", what,
             products_per_second * 1e-9, products * 1e-6);
  fmt::print("at most {:6.0f} images/s, share {:.2f}\n", limit, images / limit);
}

}  // namespace

void print_peak() {
  constexpr std::size_t kImages = 64;
  constexpr int kTurns = 20;
  constexpr std::int64_t kRounds = 200'000;
  const quant::Model model = quant::random_model(quant::vgg13());
  quant::Quantizer quantizer(model, quant::random_model_clips(model));
  const quant::Dataset data = quant::random_images(model.network.image, kImages);
  quant::AccuracyEngine engine(quantizer, data, 1);
  engine.share_prefixes(false);
  const quant::Policy policy = quant::Policy::uniform(model.network, 8, 8);
  engine.evaluate(policy);  // packs the weights

  Rate shorts, bytes, images;
  std::int32_t result = 0;
  for (int turn = 0; turn < kTurns; ++turn) {
    shorts.measure([&] { return kernels().multiply_shorts(kRounds, &result); });
    bytes.measure([&] { return kernels().multiply_bytes(kRounds, &result); });
    images.measure([&] { return static_cast<double>(engine.evaluate(policy).images); });
  }
  const Products products = count_products(model.network);
  static constexpr const char* kKinds[] = {"any processor", "AVX2", "AVX-512"};
  fmt::print("VGG-13, exact, W8A8, kernels for {}: {:.0f} images per CPU second\n",
             kKinds[static_cast<int>(base::processor())], images.best());
  print_limit("8 bits, direct", bytes.best(), products.direct, images.best());
  print_limit("16, Winograd", shorts.best(), products.winograd, images.best());
}

}  // namespace kirchhoff
