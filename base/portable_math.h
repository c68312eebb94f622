#pragma once

#include <cstddef>

namespace kirchhoff::base {

/// Functions whose results are the same bits on every processor. Those of the C library are not:
/// it picks an implementation with fused multiply-adds where the processor has them, and the last
/// bit differs. Whatever feeds a decision (a seed's draws, clips, divergences, an agent) takes
/// these: SLEEF's deterministic functions, within 1.0 ulp.
double portable_exp(double x);
double portable_log(double x);
/// log(1 + x)
double portable_log1p(double x);
double portable_pow(double base, double exponent);
double portable_cos(double x);
/// The complementary error function, within 1.5 ulp.
double portable_erfc(double x);

/// values[i] = tanh(values[i]) in float32, within 5e-7 of it relatively.
void portable_tanh(float* values, std::size_t count);

}  // namespace kirchhoff::base
