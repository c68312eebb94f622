#include "base/rng.h"

#include <cmath>
#include <numeric>
#include <sstream>

#include "base/binary_stream.h"
#include "base/error.h"
#include "base/portable_math.h"

namespace kirchhoff {

double Rng::uniform() {
  constexpr double kStep = 1.0 / 9007199254740992.0;  // 2^-53
  return static_cast<double>(engine_() >> 11) * kStep;
}

double Rng::normal() {
  // Box and Muller; the second number of the pair is not kept, so that there is no state but the
  // engine's. 1 - uniform() is never 0.
  constexpr double kTwoPi = 6.283185307179586;
  const double radius = std::sqrt(-2.0 * base::portable_log(1.0 - uniform()));
  return radius * base::portable_cos(kTwoPi * uniform());
}

std::size_t Rng::index(std::size_t count) {
  // Values of the incomplete last run would be drawn too often; draw again instead.
  const std::uint64_t excess = (UINT64_MAX % count + 1) % count;
  std::uint64_t value = engine_();
  while (value > UINT64_MAX - excess) value = engine_();
  return static_cast<std::size_t>(value % count);
}

std::size_t Rng::sample(const std::vector<double>& probabilities) {
  const double sum = std::accumulate(probabilities.begin(), probabilities.end(), 0.0);
  double left = uniform() * sum;
  for (std::size_t i = 0; i + 1 < probabilities.size(); ++i) {
    left -= probabilities[i];
    if (left < 0.0) return i;
  }
  return probabilities.size() - 1;
}

void Rng::save(std::ostream& out) const {
  std::ostringstream text;
  text << engine_;
  write_string(out, text.str());
}

void Rng::load(std::istream& in) {
  std::istringstream text(read_string(in));
  text >> engine_;
  if (text.fail()) throw InputError("the state of the random generator is unreadable");
}

}  // namespace kirchhoff
