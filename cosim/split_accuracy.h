#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/models.h"
#include "agent/search/run_folder.h"
#include "cosim/workload.h"
#include "quant/accuracy/accuracy_engine.h"
#include "quant/accuracy/accuracy_memo.h"
#include "quant/accuracy/accuracy_race.h"

namespace kirchhoff::cosim {

/// Network, weights, clips and the first `images` of a split as keys of a run's config. Contents
/// stand as digests, so that nothing is ever continued with others under the same names.
agent::RunConfig workload_settings(Workload& workload, const quant::Dataset& split,
                                   std::size_t images);

/// One word for everything in such settings that an accuracy depends on, and for what else is done
/// to the network (`how`).
std::string accuracy_fingerprint(const agent::RunConfig& settings, const std::string& how = "");

/// Scores on the first images of a split, by racing. What was measured is remembered in a file of
/// the cache folder that all processes with the same fingerprint share.
class SplitAccuracy final : public agent::AccuracyModel {
 public:
  /// `infer` gives the logits of images of `split`. Divergences are from what `teacher` infers at
  /// W8A8, where there is one; its fingerprint is that of the network without faults.
  struct Teacher {
    quant::AccuracyRace::Infer infer;
    std::string fingerprint;
  };
  SplitAccuracy(quant::AccuracyRace::Infer infer, const quant::Network& network,
                const quant::Dataset& split, std::size_t images, const quant::RaceOptions& options,
                const std::string& fingerprint, const Teacher& teacher = {});
  /// Keeps a reference to the engine, which must be one of `split`.
  SplitAccuracy(quant::AccuracyEngine& engine, const quant::Dataset& split, std::size_t images,
                const quant::RaceOptions& options, const std::string& fingerprint,
                const Teacher& teacher = {});

  agent::Score score(const quant::Policy& policy) override;
  agent::Score whole_score(const quant::Policy& policy) override;
  /// Whether score(), or whole_score(), is known without inferring anything.
  bool knows(const quant::Policy& policy, bool whole) const { return race_.knows(policy, whole); }
  /// Infers what every score needs, so that copies of this process need not.
  void prepare() { race_.prepare(); }
  /// Measures what score(), or whole_score(), needs: words for learn() of the process that asks,
  /// which alone writes them to the file.
  std::string measure(const quant::Policy& policy, bool whole);
  void learn(const std::string& measured);
  /// Where gradient_sensitivities() come from.
  using Gradients = std::function<agent::Sensitivities(quant::GradientLoss loss)>;
  void take_gradients(Gradients gradients) { gradients_ = std::move(gradients); }
  std::optional<agent::Sensitivities> gradient_sensitivities(quant::GradientLoss loss) override;
  /// The accuracy that `measure` gives for the network in floating point, remembered likewise.
  double float_pct(const std::function<double()>& measure);

 private:
  const std::vector<std::uint8_t> labels_;
  quant::AccuracyMemo memo_;
  quant::AccuracyRace race_;
  Gradients gradients_;
};

}  // namespace kirchhoff::cosim
