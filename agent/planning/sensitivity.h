#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/environment.h"
#include "agent/models.h"
#include "agent/policy_space.h"

namespace kirchhoff::agent {

/// Nats: predicted divergences below are all the same, and so are two that differ by less.
inline constexpr double kLeastDivergence = 1e-6;

/// The loss that a `measure` of sensitivities takes of gradients: "gradient" or "fisher", in nats;
/// empty for those of probes.
std::optional<quant::GradientLoss> gradient_loss(const std::string& measure);

/// How much worse than W8A8 a score is, in the unit of `measure`: "divergence" (nats) or "accuracy"
/// (percentage points).
double loss(const Score& score, const std::string& measure, double reference_accuracy_pct);

/// The widths at which every slot is probed, as actions, ascending: 2 to 7 bits, or fewer widths,
/// so that three quarters of the episodes suffice. Throws InputError when not even one is possible.
std::vector<int> probed_actions(const PolicySpace& space, int episodes);
/// They in words: "probes of 2, 4 and 6 bits" - SearchMethodType::plan of methods that begin so.
std::string describe_probes(const PolicySpace& space, int episodes);

/// Those of the network's gradients, of which nothing is measured. Where fewer bits look better,
/// neighbouring widths are averaged (pool adjacent violators).
Sensitivities gradient_sensitivities(Environment& environment, quant::GradientLoss loss);

/// Asks `loss_of` for every slot at each of the probed actions. Noise that makes fewer bits look
/// better is averaged out (pool adjacent violators). A width that was not probed is interpolated
/// geometrically between its neighbours, and four times less per bit above the widest and four
/// times more below the narrowest, as the power of the rounding noise does.
Sensitivities probe_sensitivities(const PolicySpace& space, const std::vector<int>& probed,
                                  const std::function<double(const Actions&)>& loss_of);

/// The policies that are asked for then.
std::vector<Actions> probe_policies(const PolicySpace& space, const std::vector<int>& probed);

/// A slot's losses at every width from those at the probed ones, as above.
std::array<double, kActions> completed_losses(const std::vector<int>& probed,
                                              const std::vector<double>& losses);

/// The sum over the slots: what a policy would lose if no slot depended on another.
double predicted_loss(const Sensitivities& sensitivities, const Actions& actions);

}  // namespace kirchhoff::agent
