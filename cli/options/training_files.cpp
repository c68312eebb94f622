#include "cli/options/training_files.h"

#include <filesystem>
#include <system_error>

#include "base/error.h"
#include "base/output_target.h"
#include "base/refusal.h"
#include "quant/training/checkpoint.h"

namespace kirchhoff::cli {

void settle_training_files(Options& options, quant::TrainingOptions& training, std::string& out,
                           const std::string& usual_out) {
  options.settle_output("out", usual_out);
  if (training.checkpoint.empty() && output_target(out).stream)
    refuse_option("out", out, "is no file: name one for --checkpoint, too");
  options.settle_output("checkpoint", out + ".checkpoint");
  const std::string& checkpoint = training.checkpoint;
  if (output_target(checkpoint).stream)
    refuse_option("checkpoint", checkpoint, "must be a file, so that it can be read again");
  if (training.resume && training.export_only) throw InputError("--export: excludes --resume");
  const bool continues = training.resume || training.export_only;
  std::error_code error;
  const bool exists = std::filesystem::exists(checkpoint, error);
  if (exists && !continues) {
    if (!quant::is_finished_checkpoint(checkpoint)) {
      refuse_option("checkpoint", checkpoint,
                    "exists: add --resume to continue that training, or remove the file");
    }
    // Killed between its last step and the removal of its checkpoint: the outcome is there.
    training.resume = true;
  }
  if (!exists && continues) {
    refuse_option("checkpoint", checkpoint, "no such file: there is nothing to resume");
  }
}

}  // namespace kirchhoff::cli
