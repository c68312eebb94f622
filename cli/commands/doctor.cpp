#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/cache_folder.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/json_text.h"
#include "base/printable.h"
#include "base/processor.h"
#include "base/stop_request.h"
#include "base/version.h"
#include "cli/commands/command.h"
#include "cli/options/options.h"
#include "cosim/resources.h"
#include "quant/data/dataset_file.h"
#include "quant/float/float_network.h"
#include "quant/model/model.h"
#include "quant/network/integer_network.h"
#include "quant/network/networks.h"
#include "sim/simulator.h"

namespace kirchhoff::cli {
namespace {

/// What was looked at, what was found, and whether everything that the program needs was.
struct Finding {
  std::string name, text;
  bool good = true;
};

/// A file of /proc, which says that it is empty.
std::string text_of(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string gib(double bytes) { return fmt::format("{:.1f} GiB", bytes / (1 << 30)); }

/// "MemAvailable:  123 kB" of a file of /proc, in bytes; 0 where it is not there.
double kilobytes_of(const std::string& text, const std::string& key) {
  const std::size_t at = text.find(key + ":");
  if (at == std::string::npos) return 0;
  return std::strtod(text.c_str() + at + key.size() + 1, nullptr) * 1024;
}

Finding processor() {
  static const char* const names[] = {"any x86-64", "AVX2", "AVX-512"};
  std::string model;
  const std::string cpuinfo = text_of("/proc/cpuinfo");
  if (const std::size_t at = cpuinfo.find("model name"); at != std::string::npos) {
    const std::size_t begin = cpuinfo.find(": ", at) + 2;
    model = "; " + cpuinfo.substr(begin, cpuinfo.find('\n', begin) - begin);
  }
  return {"processor",
          fmt::format("kernels for {}, {} threads{}", names[static_cast<int>(base::processor())],
                      std::thread::hardware_concurrency(), model)};
}

Finding memory() {
  const std::string text = text_of("/proc/meminfo");
  return {"memory", fmt::format("{} of {} available", gib(kilobytes_of(text, "MemAvailable")),
                                gib(kilobytes_of(text, "MemTotal")))};
}

/// Modules are opened as the commands that need them would.
Finding module(const std::string& name, const std::string& what) {
  try {
    const std::string file = cosim::module_file(name);
    if (::dlopen(file.c_str(), RTLD_LAZY | RTLD_LOCAL) != nullptr)
      return {"module", what + ": there"};
    return {"module", fmt::format("{}: {}", what, ::dlerror()), false};
  } catch (const RunError& error) {
    return {"module", fmt::format("{}: {}", what, error.what()), false};
  }
}

Finding names_in(const std::string& folder, const std::string& extension) {
  try {
    return {folder, fmt::format("{} in {}", cosim::resource_names(folder, extension).size(),
                                cosim::resource_folder(folder))};
  } catch (const RunError& error) {
    return {folder, error.what(), false};
  }
}

/// One that is missing is no fault: no command needs all of them.
Finding dataset(const std::string& name) {
  try {
    const std::string file = quant::dataset_file(name, quant::Part::kTest, "");
    return {"dataset", fmt::format("{}: {}", name, file.empty() ? "none found" : file)};
  } catch (const InputError& error) {
    return {"dataset", fmt::format("{}: {}", name, error.what()), false};
  }
}

Finding cache() {
  const std::string folder = cache_folder();
  if (folder.empty()) return {"cache", "none: neither KIRCHHOFF_CACHE nor HOME is set"};
  std::error_code error;
  std::uintmax_t files = 0, bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    ++files;
    std::error_code no_file;
    const std::uintmax_t size = entry.file_size(no_file);
    if (!no_file) bytes += size;
  }
  try {
    std::filesystem::create_directories(folder, error);
    const std::string probe = cache_path("doctor");
    write_file_atomically(probe, "");
    std::filesystem::remove(probe, error);
  } catch (const RunError& failed) {
    return {"cache", failed.what(), false};
  }
  return {"cache",
          fmt::format("{}: {} files, {:.1f} MB", folder, files, static_cast<double>(bytes) / 1e6)};
}

Finding expect(const std::string& what, const std::string& found, const std::string& expected) {
  if (found == expected) return {"self-test", fmt::format("{}: {}", what, found)};
  return {"self-test", fmt::format("{}: {}, expected {}", what, found, expected), false};
}

/// LeNet-5 with random integers on the chip, every one compared with the golden inference.
Finding chip() {
  const quant::Network network = quant::lenet5();
  sim::Simulator simulator(network, hw::ChipConfig());
  const auto policy = quant::Policy::uniform(network, 6, 4);
  simulator.load(quant::random_integer_network(network, policy, 1));
  const sim::FunctionalResult result = simulator.run_image(quant::random_image(network.image, 1));
  if (!result.bit_exactness.exact())
    return {"self-test", "chip: " + result.bit_exactness.text(network), false};
  return expect("chip",
                fmt::format("{} cycles, {:.1f} pJ, {} outputs equal", result.report.cycles,
                            result.report.energy_pj(), result.bit_exactness.outputs),
                "26679 cycles, 1846205.5 pJ, 1790 outputs equal");
}

/// The float network on images of chance, with every kernel that the processor has: one result.
std::vector<Finding> kernels() {
  const quant::Network network = quant::lenet5();
  const quant::Model model =
      quant::load_model(quant::find_model("lenet5", "fashion-mnist"), network);
  quant::Dataset images;
  images.shape = network.image;
  for (std::uint64_t seed = 1; seed <= 64; ++seed) {
    const std::vector<std::uint8_t> image = quant::random_image(network.image, seed);
    images.pixels.insert(images.pixels.end(), image.begin(), image.end());
    images.labels.push_back(0);
  }
  std::vector<Finding> all;
  static const char* const names[] = {"plain kernels", "AVX2 kernels", "AVX-512 kernels"};
  for (const base::Processor processor : base::processors()) {
    const base::ForceProcessor force(processor);
    Digest digest;
    const std::vector<float> outputs = quant::float_outputs(model, images);
    digest.add(outputs.data(), outputs.size() * sizeof(float));
    all.push_back(expect(names[static_cast<int>(processor)], fmt::format("{:016x}", digest.value()),
                         "c4ba488cf89213c5"));
  }
  return all;
}

/// A test that ends with an error is one that failed.
void add_test(std::vector<Finding>& all, const std::function<std::vector<Finding>()>& test) {
  try {
    for (Finding& finding : test()) all.push_back(std::move(finding));
  } catch (const Stopped&) {
    throw;
  } catch (const std::exception& error) {
    all.push_back({"self-test", error.what(), false});
  }
}

std::vector<Finding> look() {
  std::vector<Finding> all = {
      {"program", fmt::format("kirchhoff {}, {}", full_version(), build_compiler())},
      {"libraries", fmt::format("{}", fmt::join(build_libraries(), ", "))},
      processor(),
      memory(),
      module("kirchhoff_training.so", "LibTorch, to train"),
      module("kirchhoff_import.so", "ONNX"),
      module("kirchhoff_evolution.so", "pagmo, for nsga2"),
      names_in("presets", ".ini"),
      names_in("models", ".kmodel")};
  for (const std::string& name : quant::dataset_names()) all.push_back(dataset(name));
  all.push_back(cache());
  add_test(all, kernels);
  add_test(all, [] { return std::vector<Finding>{chip()}; });
  return all;
}

}  // namespace

int doctor_command(const std::vector<std::string>& arguments) {
  std::string json;
  Options options("doctor",
                  "Looks at what the program finds around it, and at whether it computes here what "
                  "it computes elsewhere. Exit code 1 when something does not work.");
  options.example("kirchhoff doctor");
  options.json_output(json, "what was found");
  if (!options.parse(arguments)) return 0;
  const std::vector<Finding> findings = look();
  std::size_t bad = 0;
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Finding& finding : findings) {
    bad += !finding.good;
    list.push_back({{"name", finding.name}, {"text", finding.text}, {"good", finding.good}});
    fmt::print("{:<12}{}{}\n", finding.name,
               finding.good ? "" : "WRONG: ", printable(finding.text));
  }
  if (!json.empty()) write_file_atomically(json, json_text(list));
  if (bad > 0) throw RunError(fmt::format("doctor: {} of {} do not work", bad, findings.size()));
  return 0;
}

}  // namespace kirchhoff::cli
