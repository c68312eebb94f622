#include "quant/data/dataset.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

#include "quant/data/idx.h"
#include "quant/data/random.h"
#include "traces/error.h"

namespace kirchhoff::quant {
namespace {

constexpr int kClasses = 10;
constexpr const char* kSystemFolder = "/usr/share/datasets";

struct KnownDataset {
  const char* name;
  const char* source;  // ends the message about a missing file
};

constexpr std::array<KnownDataset, 2> kDatasets{{
    {"fashion-mnist",
     "install the Debian package dataset-fashion-mnist, or name the folder of the four "
     "IDX files with --data-dir or KIRCHHOFF_DATA"},
    {"mnist",
     "name the folder of the four IDX files of MNIST, plain or .gz, with --data-dir or "
     "KIRCHHOFF_DATA"},
}};

const KnownDataset& known_dataset(const std::string& name) {
  for (const KnownDataset& dataset : kDatasets) {
    if (name == dataset.name) return dataset;
  }
  throw InputError(
      fmt::format("dataset \"{}\": must be {}", name, fmt::join(dataset_names(), " or ")));
}

/// Folders that may hold the files of `name`, in the order in which they are tried.
std::vector<std::string> search_path(const std::string& name, const std::string& data_dir) {
  std::vector<std::string> roots;
  if (!data_dir.empty()) {
    std::error_code error;
    if (!std::filesystem::is_directory(data_dir, error)) {
      throw InputError(fmt::format("--data-dir {}: not a folder", data_dir));
    }
    roots.push_back(data_dir);
  }
  if (const char* variable = std::getenv("KIRCHHOFF_DATA");
      variable != nullptr && *variable != '\0') {
    roots.emplace_back(variable);
  }
  roots.emplace_back(kSystemFolder);

  std::vector<std::string> folders;
  for (const std::string& root : roots) {
    folders.push_back((std::filesystem::path(root) / name).string());
    // The datasets share their file names: in a folder that is named after another one, the same
    // names mean other images.
    auto leaf = std::filesystem::path(root).lexically_normal();
    if (!leaf.has_filename()) leaf = leaf.parent_path();
    const bool foreign =
        std::any_of(kDatasets.begin(), kDatasets.end(), [&](const KnownDataset& other) {
          return other.name != name && leaf.filename() == other.name;
        });
    if (!foreign) folders.push_back(root);
  }
  return folders;
}

/// `folder`/`file` or the same with .gz; empty when there is neither.
std::string existing(const std::string& folder, const std::string& file) {
  for (const char* suffix : {"", ".gz"}) {
    const std::string path = (std::filesystem::path(folder) / (file + suffix)).string();
    std::error_code error;
    if (std::filesystem::exists(path, error)) return path;
  }
  return {};
}

}  // namespace

std::vector<std::string> dataset_names() {
  std::vector<std::string> names;
  for (const KnownDataset& dataset : kDatasets) names.emplace_back(dataset.name);
  return names;
}

std::vector<std::uint8_t> Dataset::image(std::size_t index) const {
  const auto size = static_cast<std::size_t>(shape.size());
  const auto first = pixels.begin() + static_cast<std::ptrdiff_t>(index * size);
  return {first, first + static_cast<std::ptrdiff_t>(size)};
}

Dataset Dataset::subset(const std::vector<std::size_t>& indices) const {
  const auto size = static_cast<std::size_t>(shape.size());
  Dataset part;
  part.name = name;
  part.shape = shape;
  part.pixels.reserve(indices.size() * size);
  part.labels.reserve(indices.size());
  for (const std::size_t index : indices) {
    const auto first = pixels.begin() + static_cast<std::ptrdiff_t>(index * size);
    part.pixels.insert(part.pixels.end(), first, first + static_cast<std::ptrdiff_t>(size));
    part.labels.push_back(labels.at(index));
  }
  return part;
}

Dataset load_dataset(const std::string& name, Part part, const Shape& shape,
                     const std::string& data_dir) {
  const KnownDataset& known = known_dataset(name);
  if (shape.channels != 1) {
    throw InputError(
        fmt::format("dataset {}: its images have 1 channel, but the network takes {}x{}x{}", name,
                    shape.channels, shape.height, shape.width));
  }
  const std::string stem = part == Part::kTrain ? "train" : "t10k";
  const std::string image_file = stem + "-images-idx3-ubyte";
  const std::string label_file = stem + "-labels-idx1-ubyte";

  const std::vector<std::string> folders = search_path(name, data_dir);
  std::string image_path;
  std::string folder;
  for (const std::string& candidate : folders) {
    image_path = existing(candidate, image_file);
    folder = candidate;
    if (!image_path.empty()) break;
  }
  if (image_path.empty()) {
    throw InputError(fmt::format("dataset {}: no {} or {}.gz in {}: {}", name, image_file,
                                 image_file, fmt::join(folders, ", "), known.source));
  }
  // Labels from another folder might belong to other images.
  const std::string label_path = existing(folder, label_file);
  if (label_path.empty()) {
    throw InputError(fmt::format("dataset {}: no {} or {}.gz in {}, beside its images: {}", name,
                                 label_file, label_file, folder, known.source));
  }

  const IdxImages images = read_idx_images(image_path);
  if (images.rows > shape.height || images.columns > shape.width) {
    throw InputError(fmt::format("{}: offset 8: images of {}x{}: must fit the network's {}x{}",
                                 image_path, images.rows, images.columns, shape.height,
                                 shape.width));
  }
  Dataset dataset;
  dataset.name = name;
  dataset.shape = shape;
  dataset.labels = read_idx_labels(label_path, kClasses);
  if (dataset.labels.size() != static_cast<std::size_t>(images.count)) {
    throw InputError(fmt::format("{}: offset 4: {} labels: must be {}, the number of images in {}",
                                 label_path, dataset.labels.size(), images.count, image_path));
  }

  const auto rows = static_cast<std::size_t>(images.rows);
  const auto columns = static_cast<std::size_t>(images.columns);
  const auto width = static_cast<std::size_t>(shape.width);
  const auto size = static_cast<std::size_t>(shape.size());
  const std::size_t top = (static_cast<std::size_t>(shape.height) - rows) / 2;
  const std::size_t left = (width - columns) / 2;
  dataset.pixels.assign(dataset.labels.size() * size, 0);
  for (std::size_t i = 0; i < dataset.labels.size(); ++i) {
    for (std::size_t row = 0; row < rows; ++row) {
      const auto from =
          images.pixels.begin() + static_cast<std::ptrdiff_t>((i * rows + row) * columns);
      std::copy_n(from, columns,
                  dataset.pixels.begin() +
                      static_cast<std::ptrdiff_t>(i * size + (top + row) * width + left));
    }
  }
  return dataset;
}

Split split_training_set(const Dataset& train, std::size_t validation_images, std::uint64_t seed) {
  std::vector<std::vector<std::size_t>> members(256);
  for (std::size_t i = 0; i < train.size(); ++i) members[train.labels[i]].push_back(i);
  members.erase(std::remove_if(members.begin(), members.end(),
                               [](const auto& indices) { return indices.empty(); }),
                members.end());
  if (members.empty()) throw InputError(fmt::format("dataset {}: no images to divide", train.name));

  Split split;
  const std::size_t share = validation_images / members.size();
  const std::size_t remainder = validation_images % members.size();
  std::mt19937_64 engine = random_stream(seed, 0);
  for (std::size_t c = 0; c < members.size(); ++c) {
    auto& indices = members[c];
    const std::size_t wanted = share + (c < remainder ? 1 : 0);
    if (indices.size() <= wanted) {
      throw InputError(
          fmt::format("dataset {}: {} training images with label {}: must be more than {}, "
                      "the number that is held out for validation",
                      train.name, indices.size(), train.labels[indices[0]], wanted));
    }
    shuffle(indices, engine);
    const auto middle = indices.begin() + static_cast<std::ptrdiff_t>(wanted);
    split.validation.insert(split.validation.end(), indices.begin(), middle);
    split.train.insert(split.train.end(), middle, indices.end());
  }
  std::sort(split.validation.begin(), split.validation.end());
  std::sort(split.train.begin(), split.train.end());
  return split;
}

}  // namespace kirchhoff::quant
