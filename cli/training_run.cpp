#include "cli/training_run.h"

#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "cli/progress.h"
#include "cli/training_library.h"
#include "quant/training/checkpoint.h"
#include "traces/error.h"
#include "traces/output_target.h"
#include "traces/stop_request.h"

namespace kirchhoff::cli {
void settle_training_files(Options& options, quant::TrainingOptions& training, std::string& out,
                           const std::string& usual_out) {
  options.settle_output("out", usual_out);
  if (training.checkpoint.empty() && output_target(out).stream)
    Options::refuse("out", out, "is no file: name one for --checkpoint, too");
  options.settle_output("checkpoint", out + ".checkpoint");
  const std::string& checkpoint = training.checkpoint;
  if (output_target(checkpoint).stream)
    Options::refuse("checkpoint", checkpoint, "must be a file, so that it can be read again");
  if (training.resume && training.export_only) throw InputError("--export: excludes --resume");
  const bool continues = training.resume || training.export_only;
  std::error_code error;
  const bool exists = std::filesystem::exists(checkpoint, error);
  if (exists && !continues) {
    if (!quant::is_finished_checkpoint(checkpoint)) {
      Options::refuse("checkpoint", checkpoint,
                      "exists: add --resume to continue that training, or remove the file");
    }
    // Killed between its last step and the removal of its checkpoint: the outcome is there.
    training.resume = true;
  }
  if (!exists && continues) {
    Options::refuse("checkpoint", checkpoint, "no such file: there is nothing to resume");
  }
}

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
    throw RunError(
        fmt::format("stopped after {} of {} epochs; the same command with --resume continues "
                    "{}",
                    outcome.epochs_done, options.epochs, options.checkpoint));
  }
  return outcome;
}

bool may_be_mirrored(const std::string& dataset) { return dataset != "mnist"; }

}  // namespace kirchhoff::cli
