#include "agent/methods/ppo/bit_prior.h"

#include <algorithm>
#include <utility>

#include "agent/planning/budget_prior.h"
#include "agent/planning/sensitivity.h"
#include "agent/planning/solution_costs.h"
#include "base/binary_stream.h"

namespace kirchhoff::agent {

BitPrior::BitPrior(const PolicySpace& space, CostLimit limit, double temperature,
                   std::function<Sensitivities()> predicted)
    : space_(space),
      limit_(std::move(limit)),
      temperature_(temperature),
      predicted_(std::move(predicted)),
      probes_(space) {}

std::optional<Actions> BitPrior::next_probe() {
  if (!predicted_) return probes_.next();
  if (!budget_) plan(predicted_());
  return std::nullopt;
}

void BitPrior::learn(double divergence) {
  probes_.learn(divergence);
  if (!probes_.next()) plan(probes_.law());
}

void BitPrior::plan(const Sensitivities& law) {
  budget_.emplace(law, costs_around_solution(space_, limit_, law), limit_.threshold);
}

LogWeights BitPrior::weights(const Actions& taken) const {
  return budget_prior(*budget_, taken,
                      temperature_ * std::max(budget_->least_loss({}), kLeastDivergence));
}

void BitPrior::save(std::ostream& out) const { write_vector(out, probes_.losses()); }

void BitPrior::load(std::istream& in) {
  for (const double divergence : read_vector<double>(in)) {
    if (!next_probe()) throw InputError("more probes than there are");
    learn(divergence);
  }
}

}  // namespace kirchhoff::agent
