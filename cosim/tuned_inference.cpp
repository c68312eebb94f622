#include "cosim/tuned_inference.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/refusal.h"
#include "base/stop_request.h"
#include "cosim/fine_tuning.h"
#include "cosim/training_library.h"
#include "cosim/training_run.h"

namespace kirchhoff::cosim {

TunedInference::TunedInference(Workload& workload, const ChipAdc& adc, int epochs,
                               std::size_t images, int threads)
    : workload_(workload),
      adc_(adc),
      options_(quant::recommended_fine_tuning(workload.network())),
      threads_(threads) {
  refuse_untunable(workload.options().quantization);
  options_.epochs = epochs;
  options_.augmentation.flip = may_be_mirrored(workload.options().dataset);
  const quant::Dataset all = quant::load_dataset(workload.options().dataset, quant::Part::kTrain,
                                                 workload.network(), workload.options().data_dir);
  std::vector<std::size_t> seen = quant::split_training_set(all).train;
  if (images > seen.size()) {
    refuse_option("tune-images", fmt::format("{}", images),
                  fmt::format("there are {} training images", seen.size()));
  }
  if (images > 0) seen.resize(images);
  train_ = all.subset(seen);
  // The training looks at the validation images after each epoch; a few are enough for that.
  std::vector<std::size_t> few(std::min<std::size_t>(workload.validation().size(), 100));
  std::iota(few.begin(), few.end(), std::size_t{0});
  glance_ = workload.validation().subset(few);
}

TunedInference::~TunedInference() = default;

std::string TunedInference::description() const {
  return fmt::format("tuned for {} epochs on {} images, rate {}{}", options_.epochs, train_.size(),
                     options_.learning_rate, adc_.description());
}

quant::ImageLogits TunedInference::logits(const quant::Dataset& split, const quant::Policy& policy,
                                          std::size_t first, std::size_t count) {
  const bool reference =
      policy ==
      quant::Policy::uniform(workload_.network(), quant::kMaxSearchBits, quant::kMaxSearchBits);
  if (!reference && tuned_for_ != policy.to_string()) tune(policy);
  quant::Quantizer& quantizer = reference ? workload_.quantizer() : *quantizer_;
  quant::AccuracyEngine engine(quantizer, split, threads_, adc_.of(quantizer.model()));
  return engine.real_logits(policy, first, count);
}

void TunedInference::tune(const quant::Policy& policy) {
  auto fine_tuning = std::make_shared<quant::FineTuning>();
  fine_tuning->start = workload_.model();
  fine_tuning->quantization = fake_quantization(workload_.quantizer(), policy, true);
  options_.fine_tuning = fine_tuning;
  const quant::TrainingLibrary& library = training_library();
  library.set_threads(1);
  const quant::TrainingOutcome outcome =
      library.train(workload_.network(), train_, glance_, options_,
                    [](const quant::TrainingProgress&) { return !stop_requested(); });
  if (!outcome.finished) throw Stopped("stopped while fine-tuning; --resume continues the search");
  quant::ClipTable clips = workload_.quantizer().clips();
  quant::apply_tuned_clips(outcome.model, clips);
  quantizer_ = std::make_unique<quant::Quantizer>(outcome.model, clips);
  tuned_for_ = policy.to_string();
}

}  // namespace kirchhoff::cosim
