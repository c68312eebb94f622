#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>
#include <vector>

namespace kirchhoff::quant {

/// Feature maps from the middle of a network, kept for the next policies: what lies behind a layer
/// depends on the bits up to there only, and policies of a search often begin alike (probes of one
/// slot, single bits more or less, an agent that has made up its mind). Holds what was used last,
/// within a fixed size.
class PrefixStore {
 public:
  using Maps = std::vector<std::uint8_t>;

  explicit PrefixStore(std::size_t capacity_bytes) : capacity_(capacity_bytes) {}

  /// Valid until the next keep(); null if it is not there.
  const Maps* find(const std::string& key);
  /// True if something of that size would be kept.
  bool takes(std::size_t bytes) const { return bytes <= capacity_ / 2; }
  /// Drops what was not used for longest to make room.
  void keep(const std::string& key, Maps maps);
  std::size_t bytes() const { return bytes_; }
  /// How often find() found something.
  std::size_t hits() const { return hits_; }

 private:
  struct Entry {
    std::string key;
    Maps maps;
  };
  const std::size_t capacity_;
  std::size_t bytes_ = 0, hits_ = 0;
  std::list<Entry> entries_;  ///< the last used first
  std::unordered_map<std::string, std::list<Entry>::iterator> places_;
};

}  // namespace kirchhoff::quant
