#include <algorithm>
#include <array>
#include <numeric>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/random.h"
#include "files.h"
#include "quant/data/dataset.h"
#include "quant/data/idx.h"

namespace kirchhoff::quant {
namespace {

std::string word(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<char>(value >> shift & 0xff));
  return bytes;
}

/// Three images of 2 rows x 3 columns with the pixels 0, 1, 2, …
std::string image_bytes(std::uint32_t count = 3, std::uint32_t rows = 2,
                        std::uint32_t columns = 3) {
  std::string bytes = word(0x803) + word(count) + word(rows) + word(columns);
  for (std::uint32_t i = 0; i < count * rows * columns; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

std::string label_bytes(const std::vector<int>& labels) {
  std::string bytes = word(0x801) + word(static_cast<std::uint32_t>(labels.size()));
  for (const int label : labels) bytes.push_back(static_cast<char>(label));
  return bytes;
}

std::string gzip(const std::string& bytes) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(bytes.size() + 100, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

class IdxTest : public testing::Test {
 protected:
  IdxImages images(const std::string& bytes) const {
    write_file(path_, bytes);
    return read_idx_images(path_);
  }
  void expect_images_refused(const std::string& bytes, std::vector<std::string> parts) const {
    parts.push_back(path_);
    expect_input_error([&] { images(bytes); }, parts);
  }
  void expect_labels_refused(const std::string& bytes, std::vector<std::string> parts) const {
    write_file(path_, bytes);
    parts.push_back(path_);
    expect_input_error([&] { read_idx_labels(path_, 10); }, parts);
  }
  const TemporaryFolder folder_;
  const std::string path_ = folder_.path("some-idx");
};

TEST_F(IdxTest, ReadsPlainAndGzipAlike) {
  std::string packed_twice = gzip(image_bytes().substr(0, 10)) + gzip(image_bytes().substr(10));
  for (const std::string& bytes : {image_bytes(), gzip(image_bytes()), packed_twice}) {
    const IdxImages read = images(bytes);
    EXPECT_EQ(read.count, 3);
    EXPECT_EQ(read.rows, 2);
    EXPECT_EQ(read.columns, 3);
    ASSERT_EQ(read.pixels.size(), 18u);
    for (std::size_t i = 0; i < 18; ++i) EXPECT_EQ(read.pixels[i], i);
  }
}

TEST_F(IdxTest, RefusesHeadersOutOfRange) {
  expect_images_refused("", {"offset 0", "ends inside the magic number"});
  expect_images_refused(std::string("\0\0\x08", 3), {"offset 3", "ends inside the magic number"});
  expect_images_refused(label_bytes({1, 2, 3}),
                        {"offset 0: magic number 0x00000801", "0x00000803"});
  expect_images_refused(word(0x803) + word(3), {"offset 8", "ends inside the number of rows"});
  expect_images_refused(image_bytes(0), {"offset 4: number of images 0", "[1, 10000000]"});
  expect_images_refused(word(0x803) + word(0xffffffff) + word(28) + word(28),
                        {"number of images 4294967295"});
  expect_images_refused(image_bytes(1, 0, 3), {"offset 8: number of rows 0", "[1, 1024]"});
  expect_images_refused(word(0x803) + word(1) + word(1) + word(1025),
                        {"offset 12: number of columns 1025", "[1, 1024]"});
}

TEST_F(IdxTest, RefusesMissingAndSurplusBytes) {
  const std::string whole = image_bytes();
  expect_images_refused(whole.substr(0, whole.size() - 1),
                        {"offset 33", "1 bytes too early", "must be 34 bytes"});
  expect_images_refused(whole + "x", {"offset 34", "more data", "must be 34 bytes"});
  // A header that promises ten terabytes costs no memory.
  expect_images_refused(word(0x803) + word(10'000'000) + word(1024) + word(1024) + "x",
                        {"offset 17", "must be 10485760000016 bytes"});
}

TEST_F(IdxTest, RefusesDamagedGzipData) {
  const std::string packed = gzip(image_bytes());
  expect_images_refused(packed.substr(0, packed.size() - 9),
                        {"corrupt gzip data", "ends inside it"});
  expect_images_refused(packed.substr(0, packed.size() - 1),
                        {"corrupt gzip data", "ends inside it"});
  std::string damaged = packed;
  damaged[packed.size() - 8] = static_cast<char>(damaged[packed.size() - 8] ^ 1);
  expect_images_refused(damaged, {"corrupt gzip data", "incorrect data check"});
  expect_images_refused(packed + "trailing", {"corrupt gzip data"});
  damaged = packed;
  damaged[10] = '\x07';
  expect_images_refused(damaged, {"offset", "corrupt gzip data"});
}

TEST_F(IdxTest, RefusesLabelsOutOfRange) {
  expect_labels_refused(label_bytes({1, 2, 10}), {"offset 10: label 10", "[0, 9]"});
  expect_labels_refused(label_bytes({255}), {"offset 8: label 255"});
  expect_labels_refused(image_bytes(), {"magic number 0x00000803", "0x00000801"});
  expect_labels_refused(label_bytes({}), {"number of labels 0"});
}

TEST_F(IdxTest, RefusesWhatIsNoFile) {
  expect_input_error([&] { read_idx_images(folder_.path()); },
                     {folder_.path(), "is a folder, not a file"});
  const std::string pipe = folder_.path("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  expect_input_error([&] { read_idx_images(pipe); }, {pipe, "is a pipe: must be a regular file"});
}

TEST_F(IdxTest, SizesAreCheckedAgainstWhatIsThere) {
  // 8 GB that are there, as a hole in the file, and 8 GB that a gzip file promises.
  const std::string header = word(0x803) + word(10'000'000) + word(29) + word(29);
  write_file(path_, header);
  ASSERT_EQ(::truncate(path_.c_str(), 16 + off_t{10'000'000} * 29 * 29), 0);
  expect_input_error([&] { read_idx_images(path_); },
                     {path_, "8410000000 values: must be at most 2147483648"});
  expect_images_refused(gzip(header + "x"), {"8410000000 values: must be at most 2147483648"});
  expect_images_refused(gzip(word(0x803) + word(1000) + word(29) + word(29) + "x"),
                        {"offset 17", "840999 bytes too early"});
}

TEST_F(IdxTest, TakesTheZerosThatPadAGzipFile) {
  for (const std::size_t zeros : {1, 511, 200'000}) {
    EXPECT_EQ(images(gzip(image_bytes()) + std::string(zeros, '\0')).count, 3) << zeros;
  }
  expect_images_refused(gzip(image_bytes()) + std::string(5, '\0') + "x",
                        {"corrupt gzip data: more data behind zeros"});
  expect_images_refused(gzip(image_bytes()) + std::string(5, '\0') + gzip("more"),
                        {"corrupt gzip data: more data behind zeros"});
}

class DatasetTest : public testing::Test {
 protected:
  DatasetTest() {
    const char* before = std::getenv("KIRCHHOFF_DATA");
    if (before != nullptr) before_ = before;
    unsetenv("KIRCHHOFF_DATA");
  }
  ~DatasetTest() override {
    if (before_.empty()) {
      unsetenv("KIRCHHOFF_DATA");
    } else {
      setenv("KIRCHHOFF_DATA", before_.c_str(), 1);
    }
  }
  /// Three training images whose first pixel is `mark`.
  void write_training_set(const std::string& where, char mark = 0) const {
    std::string images = image_bytes();
    images[16] = mark;
    write_file(where + "/train-images-idx3-ubyte", images);
    write_file(where + "/train-labels-idx1-ubyte", label_bytes({7, 0, 9}));
  }
  Dataset load(const std::string& data_dir, const std::string& name = "mnist") const {
    return load_dataset(name, Part::kTrain, {1, 4, 6}, data_dir);
  }
  const TemporaryFolder folder_;
  std::string before_;
};

TEST_F(DatasetTest, CentresTheImagesInTheNetworksMap) {
  write_training_set(folder_.path("mnist"), 42);
  const Dataset data = load(folder_.path());
  EXPECT_EQ(data.name, "mnist");
  EXPECT_EQ(data.labels, (std::vector<std::uint8_t>{7, 0, 9}));
  const std::vector<std::uint8_t> expected = {0, 0, 0, 0, 0, 0, 0, 42, 1, 2, 0, 0,
                                              0, 3, 4, 5, 0, 0, 0, 0,  0, 0, 0, 0};
  EXPECT_EQ(data.image(0), expected);
  const Dataset part = data.subset({2, 0});
  EXPECT_EQ(part.labels, (std::vector<std::uint8_t>{9, 7}));
  EXPECT_EQ(part.image(1), expected);
  EXPECT_EQ(part.image(0), data.image(2));
}

TEST_F(DatasetTest, TheFolderOnTheCommandLineComesBeforeTheEnvironment) {
  write_training_set(folder_.path("given/mnist"), 1);
  write_training_set(folder_.path("environment/mnist"), 2);
  setenv("KIRCHHOFF_DATA", folder_.path("environment").c_str(), 1);
  EXPECT_EQ(load(folder_.path("given")).image(0)[7], 1);
  EXPECT_EQ(load("").image(0)[7], 2);
}

TEST_F(DatasetTest, AFolderThatWasNamedIsNotReplacedByAnother) {
  write_training_set(folder_.path("environment/mnist"), 2);
  std::filesystem::create_directories(folder_.path("empty"));
  setenv("KIRCHHOFF_DATA", folder_.path("environment").c_str(), 1);
  expect_input_error([&] { load(folder_.path("empty")); },
                     {"dataset mnist: no train-images-idx3-ubyte", folder_.path("empty")});
  // Fashion-MNIST may be installed on this machine; an empty collection does not lead to it.
  setenv("KIRCHHOFF_DATA", folder_.path("empty").c_str(), 1);
  for (const char* name : {"mnist", "fashion-mnist"}) {
    expect_input_error([&] { load("", name); },
                       {fmt::format("dataset {}: no train-images", name), folder_.path("empty")});
  }
  // The training part is here, so the test part is missing here.
  setenv("KIRCHHOFF_DATA", folder_.path("environment").c_str(), 1);
  expect_input_error(
      [&] {
        load_dataset("mnist", Part::kTest, {1, 4, 6}, "");
      },
      {"no t10k-images-idx3-ubyte", folder_.path("environment")});
}

TEST_F(DatasetTest, ACollectionLeavesOtherDatasetsToTheSystem) {
  write_training_set(folder_.path("mnist"));
  setenv("KIRCHHOFF_DATA", folder_.path().c_str(), 1);
  expect_input_error(
      [] {
        load_dataset("cifar10", Part::kTrain, {3, 32, 32}, "");
      },
      {"/usr/share/datasets"});
}

TEST_F(DatasetTest, TakesNamesWithADot) {
  write_file(folder_.path("train-images.idx3-ubyte"), image_bytes());
  write_file(folder_.path("train-labels.idx1-ubyte.gz"), gzip(label_bytes({1, 2, 3})));
  const Dataset data = load(folder_.path());
  EXPECT_EQ(data.labels, (std::vector<std::uint8_t>{1, 2, 3}));
  EXPECT_EQ(data.files, (std::vector<std::string>{folder_.path("train-images.idx3-ubyte"),
                                                  folder_.path("train-labels.idx1-ubyte.gz")}));
  EXPECT_EQ(data.subset({1}).files, data.files);
  EXPECT_EQ(file_list(data.files),
            folder_.path("train-images.idx3-ubyte") + ", train-labels.idx1-ubyte.gz");
}

TEST_F(DatasetTest, LabelsMustFitTheNetworkAndMissingOnesAreTold) {
  write_training_set(folder_.path("mnist"));
  testing::internal::CaptureStderr();
  load(folder_.path());
  EXPECT_NE(testing::internal::GetCapturedStderr().find(
                "no image of 7 of the network's 10 classes (labels 1, 2, 3, 4, 5, 6, 8)"),
            std::string::npos);
  expect_input_error(
      [&] {
        load_dataset("mnist", Part::kTrain, {1, 4, 6}, folder_.path(), 9);
      },
      {"train-labels-idx1-ubyte", "label 9: must be in [0, 8]"});
  write_file(folder_.path("mnist/train-labels-idx1-ubyte"), label_bytes({1, 0, 2}));
  testing::internal::CaptureStderr();
  EXPECT_EQ(load_dataset("mnist", Part::kTrain, {1, 4, 6}, folder_.path(), 3).size(), 3u);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(DatasetTest, TakesFilesThatLieDirectlyInTheFolder) {
  write_training_set(folder_.path("mine"), 3);
  EXPECT_EQ(load(folder_.path("mine")).image(0)[7], 3);
  write_training_set(folder_.path("mine/mnist"), 4);
  EXPECT_EQ(load(folder_.path("mine")).image(0)[7], 4)
      << "the folder with the name is the better match";
}

TEST_F(DatasetTest, DoesNotTakeOneDatasetForAnother) {
  write_training_set(folder_.path("fashion-mnist"));
  expect_input_error([&] { load(folder_.path("fashion-mnist/")); }, {"train-images-idx3-ubyte"});
  EXPECT_EQ(load(folder_.path("fashion-mnist/"), "fashion-mnist").size(), 3u);
}

TEST_F(DatasetTest, ReadsGzipFilesUnderTheirUsualNames) {
  write_file(folder_.path("mnist/train-images-idx3-ubyte.gz"), gzip(image_bytes()));
  write_file(folder_.path("mnist/train-labels-idx1-ubyte.gz"), gzip(label_bytes({1, 2, 3})));
  EXPECT_EQ(load(folder_.path()).labels, (std::vector<std::uint8_t>{1, 2, 3}));
}

TEST_F(DatasetTest, SaysWhatIsMissingWhereItLookedAndHowToGetIt) {
  expect_input_error([&] { load(folder_.path()); },
                     {"dataset mnist", "train-images-idx3-ubyte", ".gz", folder_.path("mnist"),
                      "--data-dir", "KIRCHHOFF_DATA"});
  expect_input_error([&] { load(""); }, {"dataset mnist", "/usr/share/datasets/mnist"});
  setenv("KIRCHHOFF_DATA", "/nonexistent/place", 1);
  expect_input_error([&] { load(""); }, {"KIRCHHOFF_DATA /nonexistent/place: not a folder"});
  write_file(folder_.path("mnist/train-images-idx3-ubyte"), image_bytes());
  expect_input_error([&] { load(folder_.path()); },
                     {"no train-labels-idx1-ubyte", folder_.path("mnist"), "beside its images"});
  expect_input_error([&] { load(folder_.path("none")); }, {folder_.path("none"), "not a folder"});
}

TEST_F(DatasetTest, RefusesUnknownNamesAndForeignShapes) {
  expect_input_error([&] { load("", "cifar11"); }, {"\"cifar11\"", "fashion-mnist or mnist"});
  write_training_set(folder_.path("mnist"));
  expect_input_error(
      [&] {
        load_dataset("mnist", Part::kTrain, {3, 32, 32}, folder_.path());
      },
      {"1 channel", "3x32x32"});
  expect_input_error(
      [&] {
        load_dataset("mnist", Part::kTrain, {1, 4, 2}, folder_.path());
      },
      {"images of 2x3", "4x2"});
}

TEST_F(DatasetTest, RefusesLabelsThatDoNotMatchTheImages) {
  write_training_set(folder_.path("mnist"));
  write_file(folder_.path("mnist/train-labels-idx1-ubyte"), label_bytes({1, 2}));
  expect_input_error([&] { load(folder_.path()); }, {"offset 4: 2 labels", "must be 3"});
}

Dataset labelled(const std::vector<std::uint8_t>& labels) {
  Dataset data;
  data.name = "synthetic";
  data.shape = {1, 1, 1};
  data.labels = labels;
  data.pixels.assign(labels.size(), 0);
  return data;
}

TEST(SplitTrainingSet, HoldsOutTheSameNumberOfEveryClassAndNoImageTwice) {
  std::vector<std::uint8_t> labels;
  for (int i = 0; i < 1000; ++i)
    labels.push_back(static_cast<std::uint8_t>(i * i % 10 < 3 ? 3 : i % 10));
  const Dataset data = labelled(labels);
  const Split split = split_training_set(data, 70, 5);
  EXPECT_EQ(split.validation.size(), 70u);
  EXPECT_EQ(split.train.size(), 930u);
  EXPECT_TRUE(std::is_sorted(split.train.begin(), split.train.end()));
  EXPECT_TRUE(std::is_sorted(split.validation.begin(), split.validation.end()));
  std::set<std::size_t> all(split.train.begin(), split.train.end());
  all.insert(split.validation.begin(), split.validation.end());
  EXPECT_EQ(all.size(), 1000u);
  EXPECT_EQ(*all.rbegin(), 999u);
  std::array<int, 10> held_out{};
  for (const std::size_t i : split.validation) ++held_out[labels[i]];
  int classes = 0;
  for (int c = 0; c < 10; ++c) classes += std::count(labels.begin(), labels.end(), c) > 0;
  for (int c = 0; c < 10; ++c) {
    if (std::count(labels.begin(), labels.end(), c) == 0) continue;
    EXPECT_GE(held_out[c], 70 / classes) << c;
    EXPECT_LE(held_out[c], 70 / classes + 1) << c;
  }
}

TEST(SplitTrainingSet, DependsOnItsSeedOnly) {
  std::vector<std::uint8_t> labels(200);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<std::uint8_t>(i % 10);
  const Dataset data = labelled(labels);
  EXPECT_EQ(split_training_set(data, 50, 1).validation, split_training_set(data, 50, 1).validation);
  EXPECT_NE(split_training_set(data, 50, 1).validation, split_training_set(data, 50, 2).validation);
  // Fixed for ever: search results and shipped models refer to this division.
  const std::vector<std::size_t> held_out = split_training_set(data, 10, 1).validation;
  EXPECT_EQ(held_out, (std::vector<std::size_t>{15, 61, 67, 79, 113, 130, 136, 162, 184, 188}));
}

TEST(SplitTrainingSet, RefusesAClassThatWouldVanishFromTraining) {
  expect_input_error(
      [] {
        split_training_set(labelled({0, 0, 0, 1, 1}), 4);
      },
      {"2 training images with label 1", "more than 2"});
  expect_input_error([] { split_training_set(labelled({}), 4); }, {"no images"});
}

TEST(Random, DrawsAreTheSameWithEveryLibrary) {
  // The standard fixes the engine's numbers; the draws on top of it are ours.
  std::mt19937_64 engine = random_stream(1, 2);
  std::vector<std::uint64_t> draws;
  for (int i = 0; i < 5; ++i) draws.push_back(uniform_below(engine, 100));
  EXPECT_EQ(draws, (std::vector<std::uint64_t>{22, 24, 0, 84, 57}));
  std::vector<int> values(6);
  std::iota(values.begin(), values.end(), 0);
  shuffle(values, engine);
  EXPECT_EQ(values, (std::vector<int>{3, 0, 4, 2, 5, 1}));
  for (int i = 0; i < 100; ++i) {
    const double unit = uniform_unit(engine);
    EXPECT_GE(unit, 0.0);
    EXPECT_LT(unit, 1.0);
  }
}

}  // namespace
}  // namespace kirchhoff::quant
