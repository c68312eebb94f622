#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "quant/accuracy/accuracy_engine.h"

namespace kirchhoff::quant {

/// Logits kept in a file between processes. Comparing a policy with the reference image by image
/// takes the reference's logits; inferring them anew costs every process as much as one policy.
///
/// Format: the line `kirchhoff-logits 1 FINGERPRINT IMAGES CLASSES`, the logits as doubles in this
/// machine's byte order, one image after another, and the CRC-32 of all that.

/// Empty unless the file is whole and holds exactly that: a cache is never an error. Of a damaged
/// one there is a warning. `fingerprint`:
/// one word, of everything that the logits depend on.
std::optional<ImageLogits> load_logits(const std::string& path, const std::string& fingerprint,
                                       std::size_t images);
/// A file that cannot be written costs time only.
void store_logits(const std::string& path, const std::string& fingerprint,
                  const ImageLogits& logits);

}  // namespace kirchhoff::quant
