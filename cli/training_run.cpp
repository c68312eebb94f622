#include "cli/training_run.h"

#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "cli/options.h"
#include "cli/progress.h"
#include "traces/error.h"
#include "traces/stop_request.h"

namespace kirchhoff::cli {
namespace {

void check_output(const std::string& flag, const std::string& path) {
  std::error_code error;
  const auto folder = std::filesystem::path(path).parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder, error)) {
    Options::refuse(flag, path, fmt::format("no such folder: {}", folder.string()));
  }
  if (std::filesystem::is_directory(path, error)) Options::refuse(flag, path, "is a folder");
}

}  // namespace

void check_training_files(const std::string& out, quant::TrainingOptions& options) {
  if (options.checkpoint.empty()) options.checkpoint = out + ".checkpoint";
  check_output("out", out);
  check_output("checkpoint", options.checkpoint);
  std::error_code error;
  if (std::filesystem::weakly_canonical(out, error) ==
      std::filesystem::weakly_canonical(options.checkpoint, error)) {
    Options::refuse("checkpoint", options.checkpoint, "must differ from --out");
  }
  if (options.resume && options.export_only) throw InputError("--export: excludes --resume");
  const bool continues = options.resume || options.export_only;
  const bool exists = std::filesystem::exists(options.checkpoint, error);
  if (exists && !continues) {
    Options::refuse("checkpoint", options.checkpoint,
                    "exists: add --resume to continue that training, or remove the file");
  }
  if (!exists && continues) {
    Options::refuse("checkpoint", options.checkpoint, "no such file: there is nothing to resume");
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
      quant::train_network(network, train, validation, options, report);
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
