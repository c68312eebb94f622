#pragma once

// What every source that has kernels includes before base/each_processor.inc.

#include <cstdint>
#include <cstring>
#include <utility>

#include "base/processor.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif
