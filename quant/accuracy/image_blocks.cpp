#include "quant/accuracy/image_blocks.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <limits>
#include <mutex>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/stop_request.h"

namespace kirchhoff::quant {
namespace {

std::size_t most_threads = std::numeric_limits<std::size_t>::max();

}  // namespace

void limit_threads(std::size_t most) { most_threads = std::max<std::size_t>(most, 1); }

std::size_t thread_count(int requested) {
  if (requested < 0)
    throw InputError(fmt::format("threads = {}: must not be negative (0: all cores)", requested));
  if (requested > 0) return static_cast<std::size_t>(requested);
  return std::max(1u, std::thread::hardware_concurrency());
}

void check_shape(const Network& network, const Dataset& data) {
  if (data.shape == network.image) return;
  throw InputError(fmt::format("dataset {} has images of {}x{}x{}, {} takes {}x{}x{}", data.name,
                               data.shape.channels, data.shape.height, data.shape.width,
                               network.name, network.image.channels, network.image.height,
                               network.image.width));
}

void check_images(const Dataset& data, std::size_t images) {
  if (images > data.size()) {
    throw InputError(
        fmt::format("{} images asked for: dataset {} has {}", images, data.name, data.size()));
  }
}

void for_each_block(std::size_t threads, std::size_t blocks,
                    const std::function<void(std::size_t, std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::mutex mutex;
  const auto loop = [&](std::size_t thread) {
    try {
      for (std::size_t block = next++; block < blocks; block = next++) {
        give_up_if_stopped();
        work(thread, block);
      }
    } catch (...) {
      next = blocks;
      const std::lock_guard<std::mutex> lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  std::vector<std::thread> others;
  for (std::size_t t = 1; t < std::min({threads, blocks, most_threads}); ++t)
    others.emplace_back(loop, t);
  loop(0);
  for (std::thread& thread : others) thread.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace kirchhoff::quant
