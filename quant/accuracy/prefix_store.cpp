#include "quant/accuracy/prefix_store.h"

#include <utility>

namespace kirchhoff::quant {

const PrefixStore::Maps* PrefixStore::find(const std::string& key) {
  const auto place = places_.find(key);
  if (place == places_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, place->second);
  ++hits_;
  return &entries_.front().maps;
}

void PrefixStore::keep(const std::string& key, Maps maps) {
  if (!takes(maps.size()) || places_.count(key) != 0) return;
  bytes_ += maps.size();
  while (bytes_ > capacity_) {
    bytes_ -= entries_.back().maps.size();
    places_.erase(entries_.back().key);
    entries_.pop_back();
  }
  entries_.push_front({key, std::move(maps)});
  places_[key] = entries_.begin();
}

}  // namespace kirchhoff::quant
