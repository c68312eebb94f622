#include "quant/data/dataset.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

#include "quant/data/cifar10.h"
#include "quant/data/idx.h"
#include "quant/data/random.h"
#include "traces/error.h"

namespace kirchhoff::quant {
namespace {

constexpr int kClasses = 10;
constexpr const char* kSystemFolder = "/usr/share/datasets";

struct KnownDataset {
  const char* name;
  int channels;
  const char* source;  // ends the message about a missing file
};

constexpr std::array<KnownDataset, 3> kDatasets{{
    {"fashion-mnist", 1,
     "install the Debian package dataset-fashion-mnist, or name the folder of the four "
     "IDX files with --data-dir or KIRCHHOFF_DATA"},
    {"mnist", 1,
     "name the folder of the four IDX files of MNIST, plain or .gz, with --data-dir or "
     "KIRCHHOFF_DATA"},
    {"cifar10", 3,
     "name the folder of the binary version of CIFAR-10 (data_batch_1..5.bin and test_batch.bin, "
     "plain or .gz) or of its archive (cifar-10-binary.tar.gz) with --data-dir or KIRCHHOFF_DATA"},
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

/// Copies images of `from` into zeros of `shape`, in the centre. `where` names them in errors.
void pad(const std::vector<std::uint8_t>& pixels, const Shape& from, const std::string& where,
         Dataset& dataset) {
  const Shape& to = dataset.shape;
  if (from.height > to.height || from.width > to.width) {
    throw InputError(fmt::format("{}: images of {}x{}: must fit the network's {}x{}", where,
                                 from.height, from.width, to.height, to.width));
  }
  const int top = (to.height - from.height) / 2;
  const int left = (to.width - from.width) / 2;
  dataset.pixels.assign(dataset.labels.size() * static_cast<std::size_t>(to.size()), 0);
  auto source = pixels.begin();
  auto image = dataset.pixels.begin();
  for (std::size_t i = 0; i < dataset.labels.size(); ++i, image += to.size()) {
    for (int channel = 0; channel < from.channels; ++channel) {
      for (int row = 0; row < from.height; ++row, source += from.width) {
        std::copy_n(source, from.width,
                    image + (channel * to.height + top + row) * to.width + left);
      }
    }
  }
}

Dataset load_idx(const KnownDataset& known, Part part, const Shape& shape,
                 const std::string& data_dir) {
  const std::string name = known.name;
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
  Dataset dataset;
  dataset.name = name;
  dataset.shape = shape;
  dataset.labels = read_idx_labels(label_path, kClasses);
  if (dataset.labels.size() != static_cast<std::size_t>(images.count)) {
    throw InputError(fmt::format("{}: offset 4: {} labels: must be {}, the number of images in {}",
                                 label_path, dataset.labels.size(), images.count, image_path));
  }

  pad(images.pixels, {1, images.rows, images.columns}, image_path + ": offset 8", dataset);
  return dataset;
}

/// Where the batches of CIFAR-10 may lie: in the folders themselves, in those beneath them that
/// carry its name, and in the one that its archive unpacks to.
std::vector<std::string> cifar10_folders(const std::string& data_dir) {
  namespace fs = std::filesystem;
  std::vector<std::string> folders;
  for (const std::string& root : search_path("cifar10", data_dir)) {
    std::vector<std::string> here{root};
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(root, error)) {
      const std::string leaf = entry.path().filename();
      const bool named = leaf.rfind("cifar10", 0) == 0 || leaf.rfind("cifar-10", 0) == 0;
      if (named && entry.is_directory(error)) here.push_back(entry.path());
    }
    std::sort(here.begin(), here.end());
    folders.insert(folders.end(), here.begin(), here.end());
  }
  return folders;
}

Dataset load_cifar10(const KnownDataset& known, Part part, const Shape& shape,
                     const std::string& data_dir) {
  const std::vector<std::string> folders = cifar10_folders(data_dir);
  const std::string found = find_cifar10(folders, part);
  if (found.empty()) {
    throw InputError(fmt::format("dataset {}: no {}.bin and no archive cifar-10*.tar.gz in {}: {}",
                                 known.name, part == Part::kTrain ? "data_batch_1" : "test_batch",
                                 fmt::join(folders, ", "), known.source));
  }
  Cifar10Images images = read_cifar10(found, part);
  Dataset dataset;
  dataset.name = known.name;
  dataset.variant = cifar10_variant(images);
  dataset.shape = shape;
  dataset.labels = std::move(images.labels);
  pad(images.pixels, {3, 32, 32}, found, dataset);
  return dataset;
}

}  // namespace

std::vector<std::string> dataset_names() {
  std::vector<std::string> names;
  for (const KnownDataset& dataset : kDatasets) names.emplace_back(dataset.name);
  return names;
}

std::string default_dataset(const Network& network) {
  return network.image.channels == 3 ? "cifar10" : "fashion-mnist";
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
  part.variant = variant;
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
  if (shape.channels != known.channels) {
    throw InputError(fmt::format(
        "dataset {}: its images have {} channel{}, but the network takes {}x{}x{}", name,
        known.channels, known.channels == 1 ? "" : "s", shape.channels, shape.height, shape.width));
  }
  return name == "cifar10" ? load_cifar10(known, part, shape, data_dir)
                           : load_idx(known, part, shape, data_dir);
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
