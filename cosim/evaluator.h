#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "quant/network/network.h"
#include "quant/network/policy.h"

/// Presets and models of an installed Kirchhoff; its CMake package defines it.
#ifndef KIRCHHOFF_SHARE
#define KIRCHHOFF_SHARE ""
#endif

namespace kirchhoff {
namespace hw {
class ConfigLoader;
}
namespace quant {
struct Model;
}
namespace sim {
struct Explanation;
}
namespace cosim {
struct WorkloadOptions;
}

/// What an Evaluator works on. Names and keys are those of the command line.
struct EvaluatorOptions {
  std::string network = "lenet5";  ///< a built-in network, or the path of a JSON description
  std::string dataset;             ///< empty: the one that suits the network
  std::string data_dir;            ///< where the dataset must be; empty: the usual places
  std::string weights;             ///< a model file; empty: the one that is shipped
  std::string weight_quantizer = "linear";  ///< or "kmeans"
  std::string preset = "table4";            ///< of the hardware
  std::string config_file;  ///< an INI file whose keys replace the preset's; empty: none
  std::vector<std::pair<std::string, std::string>> hardware;  ///< keys, as in {"adc.bits", "6"}
  /// Models every conversion of the chip's ADCs even where none can lose anything; where one can,
  /// they always are.
  bool adc_exact = false;
  /// Events per matrix-vector product ("mvm") or per bit step and burst of conversions ("bit").
  std::string fidelity = "mvm";
  /// The first so many of the validation split; 0: all 5,000. The test split is always taken whole.
  std::size_t images = 0;
  int threads = 0;                      ///< that measure accuracy; 0: one per core
  std::string share = KIRCHHOFF_SHARE;  ///< folder of presets and models; empty: the program's own
};

/// The part of a PolicyCost that one layer has.
struct LayerCost {
  std::string name;
  int weight_bits = 0, activation_bits = 0;
  double latency_ns = 0.0;  ///< first window fetched to last one handed on; layers may overlap
  double energy_pj = 0.0, power_rated_mw = 0.0, area_um2 = 0.0;
  int crossbars = 0, pes = 0, tiles = 0;
};

/// What one inference under a policy costs on the chip, or cost.batch of them, beside W8A8 on the
/// same chip.
struct PolicyCost {
  double latency_ns = 0.0, energy_pj = 0.0, power_rated_mw = 0.0, area_um2 = 0.0;
  double latency_ratio = 1.0, energy_ratio = 1.0, power_ratio = 1.0;
  double cost_ratio = 1.0;  ///< weighted by cost.alpha, cost.beta, cost.gamma
  int crossbars = 0, tiles = 0;
  std::vector<LayerCost> layers;  ///< in the network's order
};

/// Images that were not trained on.
enum class Split {
  kValidation,  ///< what a search may look at
  kTest,        ///< for the figures of a result
};

/// How well the network does under a policy on the images of a split.
struct PolicyAccuracy {
  double accuracy_pct = 0.0, w8a8_accuracy_pct = 0.0;
  double divergence = 0.0;  ///< mean Kullback-Leibler divergence from W8A8, in nats
  std::size_t images = 0;
};

/// Images as the chip computed them, every integer equal to the golden inference's.
struct SimulatedImages {
  std::size_t images = 0, outputs = 0;    ///< the latter of an image
  std::vector<std::int64_t> logits;       ///< images x outputs
  double logit_scale = 0.0;               ///< real value of one step of a logit
  std::vector<std::int64_t> predictions;  ///< the class with the largest logit, per image
  std::uint64_t compared = 0;             ///< outputs and accumulators
  std::uint64_t clipped_conversions = 0;
  /// Of the first image; from its first pixel to the last result of the last one; of all.
  double latency_ns = 0.0, duration_ns = 0.0, energy_pj = 0.0;
};

/// A chip and a trained network as a function of the policy: the environment of a search loop in
/// one object. Chip and data are set up when they are first asked for. SystemC has one chip per
/// process: so has this, and a second one gives a RunError when its chip is asked for. All
/// functions throw InputError (base/error.h) where a policy, option or file is wrong, and Stopped
/// (base/stop_request.h) when the process is asked to end; a chip that was stopped in the middle
/// of a run is lost, and the process has no other.
class Evaluator {
 public:
  explicit Evaluator(const EvaluatorOptions& options);
  /// Of what a command line said.
  Evaluator(const cosim::WorkloadOptions& workload, const hw::ConfigLoader& hardware,
            bool adc_exact, std::size_t images, int threads);
  ~Evaluator();
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  /// Whether one of this process has made its chip.
  static bool has_chip();

  const quant::Network& network() const;
  const std::string& dataset() const;
  /// "W6A4", weight/activation bits of every layer as in "8/8,6/4,5/4,6/6,8/8", or "model", what a
  /// quantised model was made for.
  quant::Policy policy(const std::string& text) const;
  /// The trained weights, without the images of the dataset.
  const quant::Model& model();

  PolicyCost cost(const quant::Policy& policy);
  PolicyAccuracy accuracy(const quant::Policy& policy, Split split = Split::kValidation);
  /// Runs images on the chip, integer by integer: `count` of them at `pixels`, each channels x rows
  /// x columns as Network::image says, one after the other; with `stream` all in one run, where
  /// they overlap if chip.schedule is pipelined (at most 100,000). RunError when an integer differs
  /// from the golden inference's.
  SimulatedImages simulate(const quant::Policy& policy, const std::uint8_t* pixels,
                           std::size_t count, bool stream = false);
  /// Where a number of the costs comes from (sim/explain.h), and which there are.
  sim::Explanation explain(const quant::Policy& policy, const std::string& quantity);
  std::vector<std::string> quantities(const quant::Policy& policy);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kirchhoff
