#include "hw/cells/converter_model.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include "hw/pe/conversion.h"

namespace kirchhoff::hw {
namespace {

constexpr double kLevel = 1 << CellsConfig::kFractionBits;

PeConfig chip(AdcKind kind = AdcKind::kSar, int bits = 8) {
  PeConfig pe;
  pe.adc.kind = kind;
  pe.adc.bits = bits;
  return pe;
}

/// Mean and deviation of numbers.
struct Moments {
  int count = 0;
  double sum = 0, squares = 0;

  void add(double value) {
    ++count;
    sum += value;
    squares += value * value;
  }
  double mean() const { return sum / count; }
  double deviation() const { return std::sqrt(squares / count - mean() * mean()); }
};

/// What `of` says of the thresholds, in code steps, of many converters.
Moments moments(const PeConfig& pe, const std::function<double(const std::vector<double>&)>& of,
                int converters = 4000) {
  const ConverterModel model(pe);
  Moments m;
  for (int i = 0; i < converters; ++i) {
    std::vector<double> thresholds;
    const base::Staircase transfer = model.transfer({i / 64, 128 * (i % 8), 0, i / 8 % 8}, i % 3);
    for (const std::int32_t at : transfer.thresholds())
      thresholds.push_back(at / kLevel / pe.adc.lsb);
    m.add(of(thresholds));
  }
  return m;
}

/// Four times the standard error of a mean and of a deviation of m.count normal numbers.
void expect_normal(const Moments& m, double mean, double deviation) {
  const double error = 4 * deviation / std::sqrt(m.count) + 0.005;  // thresholds are rounded
  EXPECT_NEAR(m.mean(), mean, error);
  EXPECT_NEAR(m.deviation(), deviation, error);
}

TEST(ConverterModel, WithoutErrorsCodesAreTheIdealOnes) {
  for (const auto kind : {AdcKind::kSar, AdcKind::kFlash, AdcKind::kSerial, AdcKind::kRamp,
                          AdcKind::kIntegrateFire}) {
    for (const auto encoding : {Encoding::kDifferential, Encoding::kOffset}) {
      for (const int lsb : {1, 3, 4}) {
        PeConfig pe = chip(kind, 5);
        pe.encoding = encoding;
        pe.adc.lsb = lsb;
        const base::Staircase transfer = ConverterModel(pe).transfer({}, 0);
        const Converter converter(pe.adc, encoding, CellsConfig::kFractionBits);
        for (int value = -20000; value < 40000; value += 7) {
          std::uint64_t ideal = 0, real = 0;
          ASSERT_EQ(converter.convert(value, transfer, real), converter.convert(value, ideal))
              << value << " lsb " << lsb << " kind " << static_cast<int>(kind);
          ASSERT_EQ(real, ideal) << value;
        }
      }
    }
  }
}

// Threshold number 128 of 8 bits lies half a step below code 0.
TEST(ConverterModel, OffsetsAreNormal) {
  PeConfig pe = chip();
  pe.adc.errors.offset_sigma = 1.5;
  expect_normal(moments(pe, [](const auto& t) { return t[128] + 0.5; }), 0.0, 1.5);
  expect_normal(moments(pe, [](const auto& t) { return t[1] + 127.5; }), 0.0, 1.5);
}

TEST(ConverterModel, GainsAreNormalAndTurnAboutZero) {
  for (const auto kind : {AdcKind::kFlash, AdcKind::kIntegrateFire}) {
    PeConfig pe = chip(kind);
    pe.adc.lsb = 2;
    pe.adc.errors.gain_sigma = 0.02;
    expect_normal(moments(pe, [](const auto& t) { return t[228] - t[28]; }), 200, 200 * 0.02);
    // Code 0 begins half a step below zero; a counter of spikes has it at zero.
    const int zero = kind == AdcKind::kFlash ? 0 : 1;
    expect_normal(moments(pe, [=](const auto& t) { return zero == 1 ? t[128] : t[128] + t[129]; }),
                  0.0, 0.0);
  }
}

// The largest departure from the line between the first and the last threshold.
TEST(ConverterModel, IntegralNonLinearityBendsBetweenTheEnds) {
  PeConfig pe = chip();
  pe.adc.errors.inl_lsb = 0.8;
  expect_normal(moments(pe, [](const auto& t) { return t[128] + 0.5; }), 0.0, 0.8);
  expect_normal(moments(pe, [](const auto& t) { return t[1] + 127.5; }), 0.0, 0.0);
  expect_normal(moments(pe, [](const auto& t) { return t[255] - 126.5; }), 0.0, 0.0);
  pe.adc.errors.inl_curve = InlCurve::kS;
  expect_normal(moments(pe, [](const auto& t) { return t[128] + 0.5; }), 0.0, 0.0);
  // 1 / sqrt(3) of the way from code 0 to the end.
  expect_normal(moments(pe, [](const auto& t) { return t[201] - 72.5; }), 0.0, 0.8);
  expect_normal(moments(pe, [](const auto& t) { return t[201] - 72.5 + t[55] + 73.5; }), 0.0, 0.0);
}

// Code steps that are made of u equal elements of which `all` make the whole, each with that
// deviation: that of u of them less u / all of the whole is sigma^2 u (all - u) / all.
TEST(ConverterModel, ElementsOfSarAndRampGiveTheVarianceOfABridge) {
  constexpr double kSigma = 0.02;
  for (const auto kind : {AdcKind::kSar, AdcKind::kSerial, AdcKind::kRamp}) {
    PeConfig pe = chip(kind);
    pe.adc.errors.dnl_lsb = kSigma;
    for (const int u : {3, 64, 128, 200, 255}) {
      const double variance = kSigma * kSigma * u * (255 - u) / 255.0;
      expect_normal(moments(
                        pe, [u](const auto& t) { return t[u] - (u - 128.5); }, 2000),
                    0.0, std::sqrt(variance));
    }
  }
}

// Half of the capacitors against the other half less one: the major carry's step.
TEST(ConverterModel, TheStepOfASarsMajorCarryGrowsWithTheRootOfItsCodes) {
  constexpr double kSigma = 0.01;
  for (const int bits : {4, 6, 8, 10}) {
    PeConfig pe = chip(AdcKind::kSar, bits);
    pe.adc.errors.dnl_lsb = kSigma;
    const int carry = 1 << (bits - 1);
    expect_normal(moments(
                      pe, [&](const auto& t) { return t[carry] - t[carry - 1]; }, 1000),
                  1.0, kSigma * std::sqrt((1 << bits) - 1));
  }
}

TEST(ConverterModel, ThresholdsOfAFlashAreIndependent) {
  PeConfig pe = chip(AdcKind::kFlash);
  pe.adc.errors.dnl_lsb = 0.1;
  expect_normal(moments(pe, [](const auto& t) { return t[100] + 28.5; }), 0.0, 0.1);
  expect_normal(moments(pe, [](const auto& t) { return t[101] - t[100]; }), 1.0,
                0.1 * std::sqrt(2.0));
}

TEST(ConverterModel, ThresholdsNeverFallAndThereIsOnePerCodeAndEnd) {
  for (const auto kind : {AdcKind::kSar, AdcKind::kFlash, AdcKind::kSerial, AdcKind::kRamp}) {
    for (const int bits : {1, 2, 5, 12}) {
      PeConfig pe = chip(kind, bits);
      pe.adc.errors = {5.0, 0.2, 20.0, InlCurve::kS, 0.5};
      const ConverterModel model(pe);
      for (int i = 0; i < 20; ++i) {
        const base::Staircase transfer = model.transfer({i}, 0);
        const std::vector<std::int32_t>& thresholds = transfer.thresholds();
        ASSERT_EQ(thresholds.size(), (std::size_t{1} << bits) + 1);
        ASSERT_TRUE(std::is_sorted(thresholds.begin(), thresholds.end()));
      }
    }
  }
}

TEST(ConverterModel, EveryConverterOfEveryPairOfEveryChipIsAnother) {
  PeConfig pe = chip();
  pe.adc.errors.offset_sigma = 1;
  const auto thresholds = [&](const ArrayPlace& pair, int number) {
    return ConverterModel(pe).transfer(pair, number).thresholds();
  };
  const auto first = thresholds({}, 0);
  EXPECT_EQ(thresholds({}, 0), first);
  EXPECT_EQ(thresholds({0, 0, 0, 0, true}, 0), first) << "a pair's arrays share them";
  EXPECT_NE(thresholds({}, 1), first);
  EXPECT_NE(thresholds({1}, 0), first);
  EXPECT_NE(thresholds({0, 128}, 0), first);
  EXPECT_NE(thresholds({0, 0, 128}, 0), first);
  EXPECT_NE(thresholds({0, 0, 0, 1}, 0), first);
  pe.cells.programming = 3;
  EXPECT_EQ(thresholds({}, 0), first) << "no programming makes another converter";
  pe.cells.seed = 2;
  EXPECT_NE(thresholds({}, 0), first);
}

}  // namespace
}  // namespace kirchhoff::hw
