#pragma once

#include <cstddef>
#include <functional>

#include "quant/data/dataset.h"
#include "quant/network/network.h"

namespace kirchhoff::quant {

/// Threads to use for `requested` (0: one per core); InputError when it is negative.
std::size_t thread_count(int requested);

/// From now on for_each_block() uses no more threads than that, whatever it is asked for: the share
/// of a process that works beside others. It changes no result. At least 1.
void limit_threads(std::size_t most);

/// InputError unless the images of `data` are what `network` takes.
void check_shape(const Network& network, const Dataset& data);

/// InputError unless `data` has that many images.
void check_images(const Dataset& data, std::size_t images);

/// Calls work(thread, block) for every block in [0, blocks), from at most `threads` threads. An
/// exception of `work` ends the loop and is thrown again.
void for_each_block(std::size_t threads, std::size_t blocks,
                    const std::function<void(std::size_t thread, std::size_t block)>& work);

}  // namespace kirchhoff::quant
