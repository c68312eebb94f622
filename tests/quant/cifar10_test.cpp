#include "quant/data/cifar10.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "files.h"
#include "quant/data/dataset.h"
#include "tests/base/scratch_directory.h"

namespace kirchhoff::quant {
namespace {

constexpr std::size_t kRecord = 3073;
constexpr std::size_t kBatch = 10'000 * kRecord;

/// A whole batch: record i has label (i + first) % 10 and every pixel (i + first) % 251.
std::string batch_bytes(int first) {
  std::string bytes(kBatch, '\0');
  for (std::size_t i = 0; i < 10'000; ++i) {
    const std::size_t value = i + static_cast<std::size_t>(first);
    bytes[i * kRecord] = static_cast<char>(value % 10);
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(i * kRecord + 1), kRecord - 1,
                static_cast<char>(value % 251));
  }
  return bytes;
}

using Members = std::vector<std::pair<std::string, std::string>>;

/// Writes a tar archive, or with one nameless member that member alone, through `filter`.
void write_archive(const std::string& path, int filter, const Members& members) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  archive* writer = archive_write_new();
  archive_write_add_filter(writer, filter);
  if (members[0].first.empty()) {
    archive_write_set_format_raw(writer);
  } else {
    archive_write_set_format_ustar(writer);
  }
  if (filter == ARCHIVE_FILTER_GZIP) archive_write_set_options(writer, "gzip:compression-level=1");
  if (filter == ARCHIVE_FILTER_XZ) archive_write_set_options(writer, "xz:compression-level=0");
  ASSERT_EQ(archive_write_open_filename(writer, path.c_str()), ARCHIVE_OK);
  for (const auto& [name, bytes] : members) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.empty() ? "data" : name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(bytes.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    ASSERT_EQ(archive_write_header(writer, entry), ARCHIVE_OK);
    ASSERT_EQ(archive_write_data(writer, bytes.data(), bytes.size()),
              static_cast<la_ssize_t>(bytes.size()));
    archive_entry_free(entry);
  }
  archive_write_free(writer);
}

/// The training batches and the test batch, in an order that is not theirs.
Members all_batches() {
  Members members{{"cifar-10-batches-bin/batches.meta.txt", "airplane\n"}};
  for (const int i : {3, 1, 5, 2, 4}) {
    members.emplace_back("cifar-10-batches-bin/data_batch_" + std::to_string(i) + ".bin",
                         batch_bytes(i));
  }
  members.emplace_back("cifar-10-batches-bin/test_batch.bin", batch_bytes(6));
  return members;
}

Dataset load(const std::string& data_dir, Part part = Part::kTest) {
  return load_dataset("cifar10", part, {3, 32, 32}, data_dir);
}

void expect_part(const Dataset& data, std::size_t batches, int first) {
  EXPECT_EQ(data.title(), "cifar10");
  ASSERT_EQ(data.size(), batches * 10'000);
  for (std::size_t b = 0; b < batches; ++b) {
    const std::size_t value = b + static_cast<std::size_t>(first) + 77;
    EXPECT_EQ(data.labels[b * 10'000 + 77], value % 10);
    const auto image = data.image(b * 10'000 + 77);
    EXPECT_EQ(image.size(), 3072u);
    EXPECT_EQ(image.front(), value % 251);
    EXPECT_EQ(image.back(), value % 251);
  }
}

class Cifar10Test : public testing::Test {
 protected:
  /// Nothing that this machine has must be found.
  Cifar10Test() {
    if (const char* before = std::getenv("KIRCHHOFF_DATA")) before_ = before;
    unsetenv("KIRCHHOFF_DATA");
    setenv("KIRCHHOFF_CACHE", cache_.path().c_str(), 1);
  }
  ~Cifar10Test() override {
    if (!before_.empty()) setenv("KIRCHHOFF_DATA", before_.c_str(), 1);
    unsetenv("KIRCHHOFF_CACHE");
  }

  std::vector<std::string> kept() const {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(cache_.path()))
      files.push_back(entry.path().string());
    std::sort(files.begin(), files.end());
    return files;
  }

  const TemporaryFolder cache_;

 private:
  std::string before_;
};

TEST_F(Cifar10Test, ReadsArchivesOfEveryKindAndTheirBatches) {
  const TemporaryFolder folder;
  const Members members = all_batches();
  write_archive(folder.path("a/cifar-10-binary.tar.gz"), ARCHIVE_FILTER_GZIP, members);
  write_archive(folder.path("b/cifar10-copy/cifar-10-batches-bin.tar.xz"), ARCHIVE_FILTER_XZ,
                members);
  for (const char* root : {"a", "b"}) {
    SCOPED_TRACE(root);
    expect_part(load(folder.path(root), Part::kTrain), 5, 1);
    expect_part(load(folder.path(root), Part::kTest), 1, 6);
  }
}

TEST_F(Cifar10Test, KeepsWhatItDecodedAsLongAsTheArchiveIsTheSame) {
  const TemporaryFolder folder;
  const std::string archive = folder.path("cifar-10-binary.tar.gz");
  write_archive(archive, ARCHIVE_FILTER_GZIP, all_batches());
  expect_part(load(folder.path(), Part::kTest), 1, 6);
  const std::vector<std::string> first = kept();
  ASSERT_EQ(first.size(), 6u) << "the other part was decoded, too";
  expect_part(load(folder.path(), Part::kTrain), 5, 1);
  EXPECT_EQ(kept(), first);

  // It is read from there: what stands there is what comes.
  const std::string test = *std::find_if(first.begin(), first.end(), [](const std::string& file) {
    return file.find("test_batch") != std::string::npos;
  });
  std::string bytes = contents_of(test);
  ASSERT_EQ(bytes.size(), kBatch + 4);
  bytes[5] = static_cast<char>(bytes[5] + 1);
  write_file(test, bytes);
  testing::internal::CaptureStderr();
  expect_part(load(folder.path(), Part::kTest), 1, 6);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("damaged"), std::string::npos);
  EXPECT_EQ(contents_of(test)[5], static_cast<char>(bytes[5] - 1)) << "and kept anew";

  // Another archive at the same place, of the same size even.
  Members others = all_batches();
  others.back().second = batch_bytes(8);
  write_archive(archive, ARCHIVE_FILTER_GZIP, others);
  expect_part(load(folder.path(), Part::kTest), 1, 8);
  EXPECT_EQ(kept().size(), 6u) << "what was kept of the old one is gone";
  EXPECT_NE(kept(), first);

  // A damaged one leaves nothing behind.
  others.back().second.resize(kBatch - 1);
  write_archive(archive, ARCHIVE_FILTER_GZIP, others);
  EXPECT_THROW(load(folder.path(), Part::kTest), InputError);
  EXPECT_EQ(kept().size(), 6u) << "those of the one before";
}

TEST_F(Cifar10Test, ReadsFilesPlainAndGzip) {
  const TemporaryFolder folder;
  const std::string home = folder.path("cifar10/cifar-10-batches-bin/");
  for (int i = 1; i <= 5; ++i) {
    write_file(home + "data_batch_" + std::to_string(i) + ".bin", batch_bytes(i));
  }
  write_archive(home + "test_batch.bin.gz", ARCHIVE_FILTER_GZIP, {{"", batch_bytes(6)}});
  expect_part(load(folder.path(), Part::kTrain), 5, 1);
  expect_part(load(folder.path(), Part::kTest), 1, 6);
  std::filesystem::remove(home + "data_batch_4.bin");
  expect_input_error([&] { load(folder.path(), Part::kTrain); },
                     {"cifar-10-batches-bin: no data_batch_4.bin"});
}

TEST_F(Cifar10Test, CentresTheImagesInALargerMap) {
  const TemporaryFolder folder;
  write_file(folder.path("test_batch.bin"), batch_bytes(1));
  const Dataset data = load_dataset("cifar10", Part::kTest, {3, 36, 34}, folder.path());
  const auto image = data.image(0);
  ASSERT_EQ(image.size(), 3u * 36 * 34);
  for (int c = 0; c < 3; ++c) {
    EXPECT_EQ(image[(c * 36 + 1) * 34 + 16], 0);
    EXPECT_EQ(image[(c * 36 + 2) * 34 + 1], 1);
    EXPECT_EQ(image[(c * 36 + 2) * 34], 0);
    EXPECT_EQ(image[(c * 36 + 33) * 34 + 32], 1);
    EXPECT_EQ(image[(c * 36 + 34) * 34 + 32], 0);
  }
}

TEST_F(Cifar10Test, RefusesWhatIsNotThereOrBroken) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path("empty"));
  expect_input_error([&] { load(folder.path("empty")); },
                     {"dataset cifar10", "no test_batch.bin", folder.path("empty"), "--data-dir"});
  expect_input_error(
      [&] {
        load_dataset("cifar10", Part::kTest, {1, 32, 32}, folder.path("empty"));
      },
      {"3 channels", "1x32x32"});

  const std::string file = folder.path("plain/test_batch.bin");
  const std::string whole = batch_bytes(0);
  write_file(file, whole.substr(0, kBatch - 1));
  expect_input_error([&] { load(folder.path("plain")); },
                     {file, "offset 30729999", "the batch ends", "30730000 bytes"});
  write_file(file, whole + "x");
  expect_input_error([&] { load(folder.path("plain")); }, {file, "offset 30730000", "more bytes"});
  std::string mislabelled = whole;
  mislabelled[5 * kRecord] = 10;
  write_file(file, mislabelled);
  expect_input_error([&] { load(folder.path("plain")); },
                     {file, "offset 15365", "label 10", "[0, 9]"});
  expect_input_error(
      [&] {
        load_dataset("cifar10", Part::kTest, {3, 28, 32}, folder.path("plain"));
      },
      {"label 10"});
  write_file(file, whole);
  expect_input_error(
      [&] {
        load_dataset("cifar10", Part::kTest, {3, 28, 32}, folder.path("plain"));
      },
      {"32x32", "28x32"});

  const std::string archive = folder.path("packed/cifar-10.tar.gz");
  write_archive(archive, ARCHIVE_FILTER_GZIP, {{"data_batch_1.bin", whole}});
  expect_input_error([&] { load(folder.path("packed")); }, {archive, "no member test_batch.bin"});
  const std::string packed = read_file(archive);
  write_file(archive, packed.substr(0, packed.size() / 2));
  expect_input_error([&] { load(folder.path("packed"), Part::kTrain); }, {archive});
  write_file(archive, "no archive at all");
  expect_input_error([&] { load(folder.path("packed")); }, {archive, "undamaged"});
  std::filesystem::remove(file);
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  expect_input_error([&] { load(folder.path("plain")); }, {file, "is a pipe"});
}

TEST_F(Cifar10Test, ChecksTheChecksumAndLengthOfGzipFiles) {
  const TemporaryFolder folder;
  const std::string archive = folder.path("a/cifar-10-binary.tar.gz");
  // The wanted batch is the first one: damage behind it counts, too.
  write_archive(archive, ARCHIVE_FILTER_GZIP,
                {{"test_batch.bin", batch_bytes(6)}, {"readme.html", std::string(3000, 'x')}});
  const std::string single = folder.path("b/test_batch.bin.gz");
  write_archive(single, ARCHIVE_FILTER_GZIP, {{"", batch_bytes(6)}});
  for (const std::string& path : {archive, single}) {
    const std::string root = std::filesystem::path(path).parent_path();
    const std::string good = read_file(path);
    expect_part(load(root), 1, 6);
    write_file(path, good + std::string(1000, '\0'));
    expect_part(load(root), 1, 6);
    // The checksum and the length, which nothing but the end of the file tells.
    for (const std::size_t at : {good.size() - 7, good.size() - 2}) {
      std::string bad = good;
      SCOPED_TRACE(fmt::format("{}: byte {} of {}", path, at, good.size()));
      bad[at] = static_cast<char>(bad[at] ^ 4);
      write_file(path, bad);
      expect_input_error([&] { load(root); }, {path, "corrupt gzip data"});
    }
    write_file(path, good + "more");
    expect_input_error([&] { load(root); }, {path, "corrupt gzip data"});
  }
}

TEST_F(Cifar10Test, AnEndlessNameInAGzipHeaderCostsNoMemory) {
  const TemporaryFolder folder;
  const std::string archive = folder.path("cifar-10-binary.tar.gz");
  // Magic, deflate, "has a name", time, flags; a name that does not end.
  write_file(archive,
             std::string("\x1f\x8b\x08\x08\0\0\0\0\0\x03", 10) + std::string(1 << 20, 'n'));
  expect_input_error([&] { load(folder.path()); }, {archive, "the file ends inside it"});
}

TEST_F(Cifar10Test, OtherVersionsAreNamedAndHideNothing) {
  const TemporaryFolder folder;
  const std::string python = folder.path("cifar-10-python.tar.gz");
  write_file(python, "whatever");
  write_file(folder.path("cifar-100-binary.tar.gz"), "whatever");
  expect_input_error([&] { load(folder.path()); },
                     {python + " is the Python version of CIFAR-10",
                      "cifar-100-binary.tar.gz is CIFAR-100", "no test_batch.bin"});
  write_archive(folder.path("cifar-10-batches-bin/cifar-10-binary.tar.gz"), ARCHIVE_FILTER_GZIP,
                {{"test_batch.bin", batch_bytes(6)}});
  expect_part(load(folder.path()), 1, 6);
  write_archive(folder.path("cifar-10-a.tar"), ARCHIVE_FILTER_NONE, {{"x/data_batch_1", "pickle"}});
  expect_input_error([&] { load(folder.path()); }, {"is the Python version of CIFAR-10"});
}

}  // namespace
}  // namespace kirchhoff::quant
