#pragma once

#include <string>

namespace kirchhoff::hw {

/// How thresholds bend away from a straight line between their ends: as a second-order or a
/// third-order distortion does.
enum class InlCurve { kBow, kS };
inline constexpr const char* kInlCurveNames[] = {"bow", "s"};

/// What tells the ADCs of a chip from ideal ones (docs/cells.md), each drawn once per ADC but for
/// the noise.
struct ConverterErrors {
  /// Their thresholds are kept one by one: most bits of such an ADC.
  static constexpr int kMostBits = 12;

  double offset_sigma = 0.0;
  double gain_sigma = 0.0;
  double inl_lsb = 0.0;
  InlCurve inl_curve = InlCurve::kBow;
  double dnl_lsb = 0.0;
  double noise_lsb = 0.0;  ///< drawn for every conversion

  /// Thresholds are where they should be.
  bool straight() const {
    return offset_sigma == 0 && gain_sigma == 0 && inl_lsb == 0 && dnl_lsb == 0;
  }
  /// None of the errors is on.
  bool ideal() const { return straight() && noise_lsb == 0; }
  /// The keys that are not at their defaults; empty where ADCs are ideal.
  std::string text() const;
};

template <typename Config, typename Visitor>
void visit_converter_errors(Config& c, Visitor& v) {
  v("adc.offset_sigma", c.offset_sigma, 0.0, 64.0,
    "standard deviation of an ADC's offset, in code steps; every ADC has one of its own, which "
    "cells.seed draws",
    "no error unless given; CrossSim's SAR ADC has a comparator offset");
  v("adc.gain_sigma", c.gain_sigma, 0.0, 0.2,
    "standard deviation of an ADC's gain, relative, likewise", "no error unless given");
  v("adc.inl_lsb", c.inl_lsb, 0.0, 64.0,
    "integral non-linearity: standard deviation of the largest departure of an ADC's thresholds "
    "from the line between their ends, in code steps",
    "no error unless given");
  v("adc.inl_curve", c.inl_curve, kInlCurveNames,
    "its form: a bow, as of second-order distortion, or an s, as of third order, which is what "
    "differential circuits leave",
    "IEEE 1241's end-point fit");
  v("adc.dnl_lsb", c.dnl_lsb, 0.0, 0.5,
    "differential non-linearity: standard deviation of one code step, in code steps: sar and "
    "serial, a unit capacitor of the 2^k of bit k; ramp, a step of the ramp; flash, a threshold",
    "no error unless given; capacitor mismatch grows with 2^(bits/2) (CrossSim's SAR ADC)");
  v("adc.noise_lsb", c.noise_lsb, 0.0, 64.0,
    "thermal noise: standard deviation of what is added to a column's value in every conversion, "
    "in code steps",
    "no noise unless given; NeuroSim 1.5 has a deviation of the code");
}

}  // namespace kirchhoff::hw
