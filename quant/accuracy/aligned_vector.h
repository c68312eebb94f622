#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace kirchhoff::quant {

/// Starts at a cache line, so that no vector load of a buffer spans two.
template <typename T>
struct CacheLineAllocator {
  using value_type = T;
  static constexpr std::align_val_t kAlignment{64};

  CacheLineAllocator() = default;
  template <typename Other>
  CacheLineAllocator(const CacheLineAllocator<Other>&) {}
  T* allocate(std::size_t count) {
    return static_cast<T*>(::operator new(count * sizeof(T), kAlignment));
  }
  void deallocate(T* memory, std::size_t) { ::operator delete(memory, kAlignment); }
  template <typename Other>
  bool operator==(const CacheLineAllocator<Other>&) const {
    return true;
  }
  template <typename Other>
  bool operator!=(const CacheLineAllocator<Other>&) const {
    return false;
  }
};

template <typename T>
using AlignedVector = std::vector<T, CacheLineAllocator<T>>;

}  // namespace kirchhoff::quant
