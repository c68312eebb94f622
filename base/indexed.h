#pragma once

#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <type_traits>
#include <utility>
#include <vector>

namespace kirchhoff {

/// Numbers of different things are different types, so that none is taken for another:
///
///   enum class TileId : int {};              // in the folder that owns the idea
///   IndexedVector<TileId, Tile> tiles;       // tiles[TileId{3}]; tiles[3], tiles[pe]: no
///   for (const TileId tile : tiles.ids()) …
///
/// An id is made where things are counted, read or decoded, and becomes a number again, by index(),
/// where it is printed, written or computed with.
template <class Id>
using IfIndex = std::enable_if_t<std::is_enum_v<Id> && !std::is_convertible_v<Id, int>, int>;

template <class Id, IfIndex<Id> = 0>
constexpr int index(Id id) {
  return static_cast<int>(id);
}

/// The id of a number that is no int; of an int it is `Id{number}`.
template <class Id, class Number, IfIndex<Id> = 0>
constexpr Id to_id(Number number) {
  return static_cast<Id>(number);
}

template <class Id, IfIndex<Id> = 0>
constexpr Id following(Id id) {
  return to_id<Id>(index(id) + 1);
}

template <class Id, IfIndex<Id> = 0>
constexpr Id preceding(Id id) {
  return to_id<Id>(index(id) - 1);
}

/// Ids one after another, [begin, end).
template <class Id>
class IdRange {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Id;
    using difference_type = std::ptrdiff_t;
    using pointer = const Id*;
    using reference = Id;

    constexpr explicit Iterator(Id id) : id_(id) {}
    constexpr Id operator*() const { return id_; }
    constexpr Iterator& operator++() {
      id_ = following(id_);
      return *this;
    }
    constexpr Iterator operator++(int) {
      const Iterator before = *this;
      ++*this;
      return before;
    }
    constexpr bool operator==(const Iterator& o) const { return id_ == o.id_; }
    constexpr bool operator!=(const Iterator& o) const { return id_ != o.id_; }

   private:
    Id id_;
  };

  /// `end` may be below `begin`: no ids.
  constexpr IdRange(Id begin, Id end) : begin_(begin), end_(end < begin ? begin : end) {}

  constexpr Iterator begin() const { return Iterator(begin_); }
  constexpr Iterator end() const { return Iterator(end_); }
  constexpr int size() const { return index(end_) - index(begin_); }
  constexpr bool empty() const { return begin_ == end_; }
  constexpr bool contains(Id id) const { return begin_ <= id && id < end_; }

 private:
  Id begin_, end_;
};

/// The ids of the first `count` things of a kind.
template <class Id>
constexpr IdRange<Id> ids(int count) {
  return {Id{}, Id{count}};
}

/// A vector whose places are named by ids of one type. Its size is an int, as counts are.
template <class Id, class T>
class IndexedVector {
 public:
  using Items = std::vector<T>;
  using value_type = T;
  using size_type = int;
  using difference_type = typename Items::difference_type;
  using reference = typename Items::reference;
  using const_reference = typename Items::const_reference;
  using iterator = typename Items::iterator;
  using const_iterator = typename Items::const_iterator;

  IndexedVector() = default;
  explicit IndexedVector(int size) : items_(place(size)) {}
  IndexedVector(int size, const T& value) : items_(place(size), value) {}
  IndexedVector(std::initializer_list<T> items) : items_(items) {}
  explicit IndexedVector(Items items) : items_(std::move(items)) {}
  template <class Iterator, class = typename std::iterator_traits<Iterator>::iterator_category>
  IndexedVector(Iterator begin, Iterator end) : items_(begin, end) {}

  reference operator[](Id id) { return items_[place(id)]; }
  const_reference operator[](Id id) const { return items_[place(id)]; }
  /// std::out_of_range for an id that it has not.
  reference at(Id id) { return items_.at(place(id)); }
  const_reference at(Id id) const { return items_.at(place(id)); }
  bool has(Id id) const { return ids().contains(id); }

  int size() const { return static_cast<int>(items_.size()); }
  bool empty() const { return items_.empty(); }
  IdRange<Id> ids() const { return {Id{}, end_id()}; }
  /// Of the first thing that is not there: the next one that is added gets it.
  Id end_id() const { return to_id<Id>(items_.size()); }
  /// Of the last thing; there must be one.
  Id last_id() const { return preceding(end_id()); }

  iterator begin() { return items_.begin(); }
  iterator end() { return items_.end(); }
  const_iterator begin() const { return items_.begin(); }
  const_iterator end() const { return items_.end(); }
  reference front() { return items_.front(); }
  const_reference front() const { return items_.front(); }
  reference back() { return items_.back(); }
  const_reference back() const { return items_.back(); }
  /// The things in their order, for what knows no ids.
  const Items& items() const { return items_; }

  void push_back(const T& item) { items_.push_back(item); }
  void push_back(T&& item) { items_.push_back(std::move(item)); }
  template <class... Arguments>
  reference emplace_back(Arguments&&... arguments) {
    return items_.emplace_back(std::forward<Arguments>(arguments)...);
  }
  void pop_back() { items_.pop_back(); }
  void clear() { items_.clear(); }
  void reserve(int size) { items_.reserve(place(size)); }
  void resize(int size) { items_.resize(place(size)); }
  void resize(int size, const T& value) { items_.resize(place(size), value); }
  void assign(int size, const T& value) { items_.assign(place(size), value); }

  bool operator==(const IndexedVector& o) const { return items_ == o.items_; }
  bool operator!=(const IndexedVector& o) const { return items_ != o.items_; }
  bool operator<(const IndexedVector& o) const { return items_ < o.items_; }

 private:
  static std::size_t place(Id id) { return static_cast<std::size_t>(id); }
  static std::size_t place(int number) { return static_cast<std::size_t>(number); }

  Items items_;
};

}  // namespace kirchhoff
