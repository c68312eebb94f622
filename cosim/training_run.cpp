#include "cosim/training_run.h"

#include <optional>

#include <fmt/format.h>

#include "base/error.h"
#include "base/progress.h"
#include "base/stop_request.h"
#include "cosim/training_library.h"

namespace kirchhoff::cosim {

quant::TrainingOutcome run_training(const std::string& title, const quant::Network& network,
                                    const quant::Dataset& train, const quant::Dataset& validation,
                                    const quant::TrainingOptions& options) {
  std::optional<Progress> line;
  const auto report = [&](const quant::TrainingProgress& progress) {
    if (!line) line.emplace(title, "images", progress.images_total, progress.images_before);
    std::string note = fmt::format("epoch {}/{}, loss {:.4f}", progress.epochs_done + 1,
                                   options.epochs, progress.loss);
    if (progress.validation_pct)
      note += fmt::format(", validation {:.2f} %", *progress.validation_pct);
    line->update(progress.images_done, note);
    return !stop_requested();
  };
  quant::TrainingOutcome outcome =
      training_library().train(network, train, validation, options, report);
  line.reset();
  if (!outcome.finished && !options.export_only) {
    throw Stopped(
        fmt::format("stopped after {} of {} epochs; the same command with --resume continues "
                    "{}",
                    outcome.epochs_done, options.epochs, options.checkpoint));
  }
  return outcome;
}

bool may_be_mirrored(const std::string& dataset) { return dataset != "mnist"; }

}  // namespace kirchhoff::cosim
