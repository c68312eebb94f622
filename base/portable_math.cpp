#include "base/portable_math.h"

#include <Eigen/Core>
#include <sleef.h>

namespace kirchhoff::base {

// SLEEF's names say everything: cinz, bit-identical on all processors; d1, one double; u10, 1.0
// ulp; purec, without any vector instruction. Names without a kind of processor would dispatch.
double portable_exp(double x) { return Sleef_cinz_expd1_u10purec(x); }
double portable_log(double x) { return Sleef_cinz_logd1_u10purec(x); }
double portable_log1p(double x) { return Sleef_cinz_log1pd1_u10purec(x); }
double portable_pow(double base, double exponent) {
  return Sleef_cinz_powd1_u10purec(base, exponent);
}
double portable_cos(double x) { return Sleef_cinz_cosd1_u10purec(x); }
double portable_erfc(double x) { return Sleef_cinz_erfcd1_u15purec(x); }

// Eigen's rational function, in the vectors that this file is compiled for; alone or in a vector,
// an element goes through the same operations.
void portable_tanh(float* values, std::size_t count) {
  Eigen::Map<Eigen::ArrayXf> all(values, static_cast<Eigen::Index>(count));
  all = all.tanh();
}

}  // namespace kirchhoff::base
