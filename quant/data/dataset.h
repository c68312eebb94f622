#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "quant/network/network.h"

namespace kirchhoff::quant {

/// Labelled unsigned 8-bit images of one shape, in file order.
struct Dataset {
  std::string name;
  std::string variant;  ///< of the data, for example "JPEG q75"; empty for the original
  Shape shape;
  std::vector<std::uint8_t> pixels;  ///< images x channels x rows x columns
  std::vector<std::uint8_t> labels;  ///< in [0, 9], or as many classes as the network has outputs
  std::vector<std::string> files;    ///< that they were read from

  std::size_t size() const { return labels.size(); }
  /// For people: "cifar10 (JPEG q75)".
  std::string title() const { return variant.empty() ? name : name + " (" + variant + ")"; }
  std::vector<std::uint8_t> image(std::size_t index) const;
  /// The images at `indices`, in that order.
  Dataset subset(const std::vector<std::size_t>& indices) const;
};

/// For people: paths in one line, a folder that several share once.
std::string file_list(const std::vector<std::string>& files);

enum class Part { kTrain, kTest };

/// Names that load_dataset knows.
std::vector<std::string> dataset_names();

/// The dataset that a network is used with unless another one is named: "cifar10" for images of
/// three channels, "fashion-mnist" otherwise.
std::string default_dataset(const Network& network);

/// Reads "fashion-mnist", "mnist" or "cifar10", padded with zeros around the centre to `shape`
/// (28x28 -> 32x32); plain or .gz, CIFAR-10 also as the official archive. Looks in `data_dir` and
/// nowhere else when that is named. Otherwise in $KIRCHHOFF_DATA and, when that is not set or holds
/// other datasets but not this one, in /usr/share/datasets. `classes` are the outputs of the
/// network that the images are for: no label may be beyond them, and when a class has no image
/// there is a warning. InputError says what was looked for, where, and how to get it, or which file
/// is broken at which offset.
Dataset load_dataset(const std::string& name, Part part, const Shape& shape,
                     const std::string& data_dir, int classes = 10);
/// The same for what a network takes and gives.
Dataset load_dataset(const std::string& name, Part part, const Network& network,
                     const std::string& data_dir);

constexpr std::size_t kValidationImages = 5000;

/// Fixed, stratified division of the training part: `validation` holds so many images (the same
/// number of every class), `train` the rest, both in ascending order.
struct Split {
  std::vector<std::size_t> train;
  std::vector<std::size_t> validation;
};
Split split_training_set(const Dataset& train, std::size_t validation_images = kValidationImages,
                         std::uint64_t seed = 1);

}  // namespace kirchhoff::quant
