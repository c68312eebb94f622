#include "quant/data/dataset.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <filesystem>

#include <fmt/format.h>

#include "base/error.h"
#include "base/quote.h"
#include "base/random.h"
#include "base/warning.h"
#include "quant/data/cifar10.h"
#include "quant/data/dataset_file.h"
#include "quant/data/idx.h"

namespace kirchhoff::quant {
namespace {

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
      fmt::format("dataset {}: must be {}", quoted_text(name), fmt::join(dataset_names(), " or ")));
}

bool is_cifar10(const KnownDataset& known) { return known.name == std::string("cifar10"); }

const char* stem(Part part) { return part == Part::kTrain ? "train" : "t10k"; }

/// `folder`/`file`, whatever kind of file that is, also with a dot in the name and with .gz; empty
/// when there is none. `file` is, for example, "train-images-idx3-ubyte".
std::string existing_idx(const std::string& folder, const std::string& file) {
  std::string dotted = file;
  dotted[dotted.find("-idx")] = '.';
  for (const std::string& name : {file, file + ".gz", dotted, dotted + ".gz"}) {
    const std::string path = (std::filesystem::path(folder) / name).string();
    std::error_code error;
    if (std::filesystem::exists(path, error)) return path;
  }
  return {};
}

/// Folders in and under `root` that may hold the files of a dataset, in the order in which they are
/// tried.
std::vector<std::string> folders_under(const std::string& root, const KnownDataset& known) {
  namespace fs = std::filesystem;
  std::vector<std::string> folders{(fs::path(root) / known.name).string()};
  // The datasets share their file names: in a folder that is named after another one, the same
  // names mean other images.
  auto leaf = fs::path(root).lexically_normal();
  if (!leaf.has_filename()) leaf = leaf.parent_path();
  const bool foreign =
      std::any_of(kDatasets.begin(), kDatasets.end(), [&](const KnownDataset& other) {
        return other.name != known.name && leaf.filename() == other.name;
      });
  if (!foreign) folders.push_back(root);
  if (!is_cifar10(known)) return folders;
  // Beneath them those that carry its name, and the one that its archive unpacks to.
  std::vector<std::string> all;
  for (const std::string& folder : folders) {
    std::vector<std::string> here{folder};
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      const std::string name = entry.path().filename();
      const bool named = name.rfind("cifar10", 0) == 0 || name.rfind("cifar-10", 0) == 0;
      if (named && entry.is_directory(error)) here.push_back(entry.path());
    }
    std::sort(here.begin(), here.end());
    all.insert(all.end(), here.begin(), here.end());
  }
  return all;
}

/// The first file of a part of a dataset in `folders`; empty when there is none.
std::string find_part(const KnownDataset& known, Part part,
                      const std::vector<std::string>& folders) {
  if (is_cifar10(known)) return find_cifar10(folders, part);
  for (const std::string& folder : folders) {
    const std::string path = existing_idx(folder, stem(part) + std::string("-images-idx3-ubyte"));
    if (!path.empty()) return path;
  }
  return {};
}

bool holds(const std::string& root, const KnownDataset& known) {
  const std::vector<std::string> folders = folders_under(root, known);
  return !find_part(known, Part::kTrain, folders).empty() ||
         !find_part(known, Part::kTest, folders).empty();
}

void demand_folder(const char* named_by, const std::string& folder) {
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    throw InputError(fmt::format("{} {}: not a folder", named_by, shown_path(folder)));
  }
}

/// Where a dataset may lie. A folder that somebody named is never replaced by another one, except
/// that a collection of other datasets leaves this one to the system's.
std::vector<std::string> roots(const KnownDataset& known, const std::string& data_dir) {
  if (!data_dir.empty()) {
    demand_folder("--data-dir", data_dir);
    return {data_dir};
  }
  const char* const variable = std::getenv("KIRCHHOFF_DATA");
  if (variable == nullptr || *variable == '\0') return {kSystemFolder};
  const std::string root = variable;
  demand_folder("KIRCHHOFF_DATA", root);
  const bool others = std::any_of(kDatasets.begin(), kDatasets.end(),
                                  [&](const KnownDataset& other) { return holds(root, other); });
  if (holds(root, known) || !others) return {root};
  return {root, kSystemFolder};
}

/// The folders that are searched for a dataset, in this order.
std::vector<std::string> search_path(const KnownDataset& known, const std::string& data_dir) {
  std::vector<std::string> folders;
  for (const std::string& root : roots(known, data_dir)) {
    const std::vector<std::string> under = folders_under(root, known);
    folders.insert(folders.end(), under.begin(), under.end());
  }
  return folders;
}

std::string listed(const std::vector<std::string>& paths) {
  std::string text;
  for (const std::string& path : paths) text += (text.empty() ? "" : ", ") + shown_path(path);
  return text;
}

/// Labels beyond the classes are refused where they are read; here classes without any image are
/// told, because accuracies are of the others only.
void warn_of_missing_classes(const Dataset& dataset, const KnownDataset& known, int classes) {
  std::vector<bool> seen(static_cast<std::size_t>(classes), false);
  for (const std::uint8_t label : dataset.labels) seen[label] = true;
  std::vector<int> missing;
  for (int c = 0; c < classes; ++c) {
    if (!seen[static_cast<std::size_t>(c)]) missing.push_back(c);
  }
  if (missing.empty()) return;
  warn(fmt::format("dataset {}: {}: no image of {} of the network's {} classes (labels {})",
                   known.name, file_list(dataset.files), missing.size(), classes,
                   quote(fmt::format("{}", fmt::join(missing, ", ")))));
}

/// Puts images of `from` into zeros of `shape`, in the centre. `where` names them in errors.
void pad(std::vector<std::uint8_t> pixels, const Shape& from, const std::string& where,
         Dataset& dataset) {
  const Shape& to = dataset.shape;
  if (from.height > to.height || from.width > to.width) {
    throw InputError(fmt::format("{}: images of {}x{}: must fit the network's {}x{}", where,
                                 from.height, from.width, to.height, to.width));
  }
  if (from.height == to.height && from.width == to.width) {
    dataset.pixels = std::move(pixels);
    return;
  }
  const int top = (to.height - from.height) / 2;
  const int left = (to.width - from.width) / 2;
  try {
    dataset.pixels.assign(dataset.labels.size() * static_cast<std::size_t>(to.size()), 0);
  } catch (const std::exception&) {  // no memory, or more than a vector can have
    throw RunError(fmt::format("{}: {} images in maps of {}x{}x{}: not enough memory", where,
                               dataset.labels.size(), to.channels, to.height, to.width));
  }
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
                 const std::string& data_dir, int classes) {
  const std::string name = known.name;
  const std::string image_file = stem(part) + std::string("-images-idx3-ubyte");
  const std::string label_file = stem(part) + std::string("-labels-idx1-ubyte");

  const std::vector<std::string> folders = search_path(known, data_dir);
  const std::string image_path = find_part(known, part, folders);
  if (image_path.empty()) {
    throw InputError(fmt::format("dataset {}: no {} or {}.gz in {}: {}", name, image_file,
                                 image_file, listed(folders), known.source));
  }
  // Labels from another folder might belong to other images.
  const std::string folder = std::filesystem::path(image_path).parent_path().string();
  const std::string label_path = existing_idx(folder, label_file);
  if (label_path.empty()) {
    throw InputError(fmt::format("dataset {}: no {} or {}.gz in {}, beside its images: {}", name,
                                 label_file, label_file, shown_path(folder), known.source));
  }

  IdxImages images = read_idx_images(image_path);
  Dataset dataset;
  dataset.name = name;
  dataset.shape = shape;
  dataset.files = {image_path, label_path};
  dataset.labels = read_idx_labels(label_path, classes);
  if (dataset.labels.size() != static_cast<std::size_t>(images.count)) {
    throw InputError(fmt::format("{}: offset 4: {} labels: must be {}, the number of images in {}",
                                 shown_path(label_path), dataset.labels.size(), images.count,
                                 shown_path(image_path)));
  }

  pad(std::move(images.pixels), {1, images.rows, images.columns},
      shown_path(image_path) + ": offset 8", dataset);
  return dataset;
}

Dataset load_cifar10(const KnownDataset& known, Part part, const Shape& shape,
                     const std::string& data_dir, int classes) {
  constexpr int kItsClasses = 10;
  if (classes < kItsClasses) {
    throw InputError(fmt::format("dataset {}: it has {} classes: the network has {} outputs",
                                 known.name, kItsClasses, classes));
  }
  const std::vector<std::string> folders = search_path(known, data_dir);
  const std::string found = find_part(known, part, folders);
  if (found.empty()) {
    const std::string others = other_cifar_versions(folders);
    throw InputError(
        fmt::format("dataset {}: no {}.bin and no archive cifar-10*.tar.gz in {}{}: {}", known.name,
                    part == Part::kTrain ? "data_batch_1" : "test_batch", listed(folders),
                    others.empty() ? "" : " (" + others + ")", known.source));
  }
  Cifar10Images images = read_cifar10(found, part);
  Dataset dataset;
  dataset.name = known.name;
  dataset.variant = cifar10_variant(images);
  dataset.shape = shape;
  dataset.files = std::move(images.files);
  dataset.labels = std::move(images.labels);
  pad(std::move(images.pixels), {3, 32, 32}, shown_path(found), dataset);
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

std::string file_list(const std::vector<std::string>& files) {
  std::string text;
  std::filesystem::path folder;
  for (const std::string& file : files) {
    const std::filesystem::path path(file);
    const bool same = !text.empty() && path.parent_path() == folder;
    text += (text.empty() ? "" : ", ") + shown_path(same ? path.filename().string() : file);
    folder = path.parent_path();
  }
  return text;
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
  part.files = files;
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
                     const std::string& data_dir, int classes) {
  const KnownDataset& known = known_dataset(name);
  if (shape.channels != known.channels) {
    throw InputError(fmt::format(
        "dataset {}: its images have {} channel{}, but the network takes {}x{}x{}", name,
        known.channels, known.channels == 1 ? "" : "s", shape.channels, shape.height, shape.width));
  }
  Dataset dataset = is_cifar10(known) ? load_cifar10(known, part, shape, data_dir, classes)
                                      : load_idx(known, part, shape, data_dir, classes);
  warn_of_missing_classes(dataset, known, classes);
  return dataset;
}

Dataset load_dataset(const std::string& name, Part part, const Network& network,
                     const std::string& data_dir) {
  return load_dataset(name, part, network.image, data_dir, network.layers.back().output().size());
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

std::string dataset_file(const std::string& name, Part part, const std::string& data_dir) {
  const KnownDataset& known = known_dataset(name);
  return find_part(known, part, search_path(known, data_dir));
}

}  // namespace kirchhoff::quant
