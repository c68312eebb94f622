#pragma once

/// Compiles a function for AVX2 and for any processor; the program picks at start. Only for loops
/// over integers, whose results do not depend on the order of evaluation.
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__)
#define KIRCHHOFF_TARGET_CLONES [[gnu::target_clones("avx2", "default")]]
#else
#define KIRCHHOFF_TARGET_CLONES
#endif
