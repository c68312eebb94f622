#include "quant/training/checkpoint.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/input_file.h"
#include "quant/model/tensor_file.h"

namespace kirchhoff::quant {

bool is_finished_checkpoint(const std::string& path) {
  try {
    const nlohmann::json header =
        decode_tensor_file(kCheckpointKind, file_bytes(path, kMaxCheckpointBytes), path).header;
    const auto epochs = nlohmann::json::json_pointer("/settings/epochs");
    return header.contains("epochs_done") && header.contains(epochs) &&
           header.at("epochs_done").is_number_integer() &&
           header.at("epochs_done") == header.at(epochs);
  } catch (const InputError&) {
    return false;
  }
}

}  // namespace kirchhoff::quant
