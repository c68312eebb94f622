#include "hw/cells/converter_model.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/normal_quantile.h"
#include "hw/cells/draws.h"

namespace kirchhoff::hw {
namespace {

/// The draws of one ADC, standard normal numbers.
class Deviates {
 public:
  Deviates(int seed, const ArrayPlace& pair, int number)
      : seed_(seed), pair_(pair), number_(number) {}

  struct Two {
    double first, second;
  };
  Two two(Purpose purpose, int at = 0) const {
    const Draws draws = draw(seed_, pair_, {purpose, at, number_});
    return {base::normal_quantile(draws.first), base::normal_quantile(draws.second)};
  }
  /// `count` numbers for the elements that code steps are made of.
  std::vector<double> steps(int count) const {
    std::vector<double> all;
    for (int at = 0; static_cast<int>(all.size()) < count; ++at) {
      const Two pair = two(Purpose::kConverterStep, at);
      all.push_back(pair.first);
      all.push_back(pair.second);
    }
    all.resize(static_cast<std::size_t>(count));
    return all;
  }

 private:
  const int seed_;
  const ArrayPlace pair_;
  const int number_;
};

/// Where thresholds are that should be at 0, 1, …, `top`, as parts of a whole that ends at `top`,
/// which a reference is divided by.
std::vector<double> divided(const std::vector<double>& sums) {
  std::vector<double> places = sums;
  const auto top = static_cast<double>(sums.size() - 1);
  if (sums.back() > 0) {
    for (double& place : places) place = place * top / sums.back();
  }
  return places;
}

/// Departures of thresholds 0 to 2^bits - 1 from their places, in code steps.
std::vector<double> step_errors(const AdcConfig& adc, const Deviates& deviates) {
  const int count = 1 << adc.bits;
  const double sigma = adc.errors.dnl_lsb;
  std::vector<double> places(static_cast<std::size_t>(count), 0.0);
  if (adc.kind == AdcKind::kFlash) {
    // A comparator per threshold.
    const std::vector<double> offsets = deviates.steps(count);
    for (int i = 1; i < count; ++i)
      places[static_cast<std::size_t>(i)] = sigma * offsets[static_cast<std::size_t>(i)];
    return places;
  }
  if (adc.kind == AdcKind::kRamp) {
    const std::vector<double> steps = deviates.steps(count);
    for (std::size_t i = 1; i < places.size(); ++i)
      places[i] = places[i - 1] + std::max(1.0 + sigma * steps[i], 0.0);
  } else {
    // The capacitor of bit k is 2^k of the unit.
    const std::vector<double> of_bits = deviates.steps(adc.bits);
    for (int bit = 0; bit < adc.bits; ++bit) {
      const double units = 1 << bit;
      const double capacitor =
          std::max(units + sigma * std::sqrt(units) * of_bits[static_cast<std::size_t>(bit)], 0.0);
      for (int i = 0; i < count; ++i)
        places[static_cast<std::size_t>(i)] += (i >> bit & 1) != 0 ? capacitor : 0.0;
    }
  }
  places = divided(places);
  for (std::size_t i = 0; i < places.size(); ++i) places[i] -= static_cast<double>(i);
  return places;
}

/// How far an ADC bends at `at`, from -1 at its first threshold to 1 at its last: at most by 1.
double bend(InlCurve curve, double at) {
  constexpr double kLargestOfS = 2.598076211353316;  // 3 sqrt(3) / 2: at 1 / sqrt(3) it is 1
  return curve == InlCurve::kBow ? 1.0 - at * at : kLargestOfS * (at - at * at * at);
}

/// What thresholds that are not in order make of a conversion.
void put_in_order(AdcKind kind, std::vector<std::int32_t>& thresholds) {
  const auto first = thresholds.begin() + 1, last = thresholds.end() - 1;
  if (kind == AdcKind::kFlash) {
    std::sort(first, last);  // comparators that fire are counted
  } else if (kind == AdcKind::kRamp) {
    for (auto at = first; at != last && at + 1 != last; ++at) at[1] = std::max(at[0], at[1]);
  } else {
    // The largest code whose capacitors weigh no more than the value.
    for (auto at = last - 1; at > first; --at) at[-1] = std::min(at[-1], at[0]);
  }
  thresholds.front() = std::min(thresholds.front(), *first);
  thresholds.back() = std::max(thresholds.back(), *(last - 1));
}

}  // namespace

base::Staircase ConverterModel::transfer(ArrayPlace pair, int number) const {
  pair.negative = false;
  const ConverterErrors& errors = adc_.errors;
  const Deviates deviates(seed_, pair, number);
  const auto line = deviates.two(Purpose::kConverterLine);
  const double offset = errors.offset_sigma * line.first;
  constexpr double kLeastGain = 0.1;
  const double gain = std::max(1.0 + errors.gain_sigma * line.second, kLeastGain);
  const double bow = errors.inl_lsb * deviates.two(Purpose::kConverterCurve).first;
  const int count = 1 << adc_.bits;
  std::vector<double> steps(static_cast<std::size_t>(count), 0.0);
  if (errors.dnl_lsb > 0) steps = step_errors(adc_, deviates);

  const int low = encoding_ == Encoding::kOffset ? 0 : -(count / 2);
  const double half = adc_.kind == AdcKind::kIntegrateFire ? 0.0 : 0.5;
  const double step = adc_.lsb << CellsConfig::kFractionBits;
  std::vector<std::int32_t> thresholds;
  for (int i = 0; i <= count; ++i) {
    double at = gain * (low + i - half) + offset;
    if (i > 0 && i < count) {
      // The ends of the line that is bent are the first and the last threshold between codes.
      const double place = count > 2 ? (2.0 * i - count) / (count - 2.0) : 0.0;
      at += bow * bend(errors.inl_curve, place) + steps[static_cast<std::size_t>(i)];
    }
    thresholds.push_back(static_cast<std::int32_t>(std::ceil(at * step)));
  }
  put_in_order(adc_.kind, thresholds);
  return base::Staircase(std::move(thresholds));
}

}  // namespace kirchhoff::hw
