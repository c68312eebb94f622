#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "quant/data/dataset.h"

namespace kirchhoff::quant {

/// Images of CIFAR-10 in the order of their files: 3 channels (red, green, blue) of 32 x 32.
struct Cifar10Images {
  std::vector<std::uint8_t> pixels;  ///< images x 3 x 32 x 32
  std::vector<std::uint8_t> labels;  ///< in [0, 9]
  std::vector<std::string> files;    ///< that they were read from
};

/// Looks in `folders`, in this order, for the binary version of CIFAR-10: data_batch_1..5.bin and
/// test_batch.bin, plain or .gz, or an archive cifar-10*.tar, .tar.gz, .tgz or .tar.xz that holds
/// them. Archives that are named as another version are passed over. Empty when there is none;
/// otherwise the file or archive of the part's first batch.
std::string find_cifar10(const std::vector<std::string>& folders, Part part);

/// Names the archives of `folders` that are other versions or CIFAR-100, and says which they are:
/// for the message when there is nothing else. Empty without any.
std::string other_cifar_versions(const std::vector<std::string>& folders);

/// Reads the batches of `part` from where `find_cifar10` found the first of them. A batch has
/// exactly 10,000 records of one label and 3,072 pixels. InputError names the file, the offset (in
/// the decompressed batch), what was found and what is allowed.
Cifar10Images read_cifar10(const std::string& found, Part part);

/// "JPEG q75" for the known copy of CIFAR-10 that was compressed as JPEG on its way; empty for the
/// original and for anything unknown.
std::string cifar10_variant(const Cifar10Images& images);

}  // namespace kirchhoff::quant
