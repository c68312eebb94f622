#pragma once

#include <cstddef>
#include <string>

namespace kirchhoff::quant {

/// First line of the file that continues a training, and the most that one may hold.
constexpr const char* kCheckpointKind = "KIRCHHOFF-CHECKPOINT 1";
constexpr std::size_t kMaxCheckpointBytes = std::size_t{1} << 32;

/// True for the checkpoint of a training whose epochs are all done: the model can be made of it
/// without training. False for every other file.
bool is_finished_checkpoint(const std::string& path);

}  // namespace kirchhoff::quant
