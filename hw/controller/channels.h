#pragma once

#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "hw/common/agenda.h"
#include "hw/common/sums.h"
#include "hw/config/identifiers.h"
#include "hw/controller/tile_account.h"
#include "hw/controller/tile_program.h"

/// What couples the sequences of a controller: bounded buffers, and counts that somebody waits for.
/// A channel holds no data that its two ends do not share, and takes no time. Whoever waits is a
/// thread of the agenda.
namespace kirchhoff::hw {

/// How many windows have passed a point of the tile.
class WindowCount {
 public:
  explicit WindowCount(Agenda& agenda) : changed_(agenda) {}

  void reset() { count_ = 0; }
  int count() const { return count_; }
  bool past(int window) const { return count_ > window; }
  void wait_past(int window) {
    while (!past(window)) changed_.wait();
  }
  void advance() { set(count_ + 1); }
  void set(int count) {
    count_ = count;
    changed_.notify();
  }

 private:
  Event changed_;
  int count_ = 0;
};

/// The slots of a register between two sequences. Windows fill them in order and free them in
/// order; window n has slot n % slots.
class WindowSlots {
 public:
  WindowSlots(Agenda& agenda, int slots) : filled(agenda), freed(agenda), slots_(slots) {}

  void reset() {
    filled.reset();
    freed.reset();
  }
  int slot_of(int window) const { return window % slots_; }
  bool has_room_for(int window) const { return window < freed.count() + slots_; }
  void wait_for_room(int window) { freed.wait_past(window - slots_); }

  WindowCount filled, freed;

 private:
  const int slots_;
};

/// What passes the SFU's reducer, by the slots of the two registers around it: the pixels under a
/// window, channel after channel, and what becomes of every channel's. Empty when only sizes flow.
struct ReducedWindows {
  explicit ReducedWindows(int input_slots, int output_slots)
      : entered(static_cast<std::size_t>(input_slots)),
        reduced(static_cast<std::size_t>(output_slots)) {}

  std::vector<std::vector<std::int32_t>> entered;
  std::vector<Sums> reduced;
};

/// Sums of one group for one window.
struct GroupSums {
  int window;
  GroupId group;
  Sums values;
};

/// From drain to complete: room for the sums of one group.
class SumsSlot {
 public:
  explicit SumsSlot(Agenda& agenda) : filled_(agenda), freed_(agenda) {}

  void reset() { full_ = false; }
  bool full() const { return full_; }
  void wait_for_room() {
    while (full_) freed_.wait();
  }
  void wait_for_sums() {
    while (!full_) filled_.wait();
  }
  void put(GroupSums sums) {
    sums_ = std::move(sums);
    full_ = true;
    filled_.notify();
  }
  GroupSums take() {
    full_ = false;
    freed_.notify();
    return std::move(sums_);
  }

 private:
  Event filled_, freed_;
  GroupSums sums_{};
  bool full_ = false;
};

/// Sums of one window of a group in the tile's output register, before all parts have come.
struct PartialSum {
  int arrived = 0;  ///< from other tiles
  bool loaded = false;
  Sums sum;
  std::vector<NodeId> senders;
};

/// From drain and receive to complete, at an aggregator: windows to which several tiles contribute.
/// Bounded by the credits of the senders.
class PartialSums {
 public:
  explicit PartialSums(Agenda& agenda) : arrived_(agenda) {}

  void reset(const TileProgram& program) { windows_.assign(program.groups.size(), {}); }
  /// Made when it is first asked for.
  PartialSum& at(GroupId group, int window) { return of(group)[window]; }
  /// Windows that have begun.
  int windows(GroupId group) { return static_cast<int>(of(group).size()); }
  /// A part has come from another tile.
  void arrive(PartialSum& partial, NodeId sender, const Arrival& arrival) {
    partial.senders.push_back(sender);
    ++partial.arrived;
    last_arrival_ = arrival;
    arrived_.notify();
  }
  /// Of the part that came last.
  const Arrival& last_arrival() const { return last_arrival_; }
  void wait_for(const PartialSum& partial, int parts) {
    while (partial.arrived < parts) arrived_.wait();
  }
  PartialSum take(GroupId group, int window) {
    auto node = of(group).extract(window);
    return std::move(node.mapped());
  }

 private:
  std::map<int, PartialSum>& of(GroupId group) { return windows_[group]; }

  Event arrived_;
  IndexedVector<GroupId, std::map<int, PartialSum>> windows_;
  Arrival last_arrival_;
};

/// From receive to complete, at a sender of partial sums: windows that its aggregators still take.
class PartialCredits {
 public:
  explicit PartialCredits(Agenda& agenda) : given_(agenda) {}

  void reset(const TileProgram& program);
  bool any(GroupId group) const { return credits_[group] > 0; }
  void wait_for(GroupId group) {
    while (!any(group)) given_.wait();
  }
  void use(GroupId group) { --credits_[group]; }
  /// One more for the group whose first output channel this is.
  void give(const TileProgram& program, int channel_begin);

 private:
  Event given_;
  IndexedVector<GroupId, int> credits_;
};

/// From receive to complete: rows of the next layers' maps that their tiles take, counted over the
/// stream.
class RowCredits {
 public:
  explicit RowCredits(Agenda& agenda) : given_(agenda) {}

  void reset(const TileProgram& program);
  /// Whether hop `hop` of `group` takes `row`.
  bool takes(const TileProgram& program, GroupId group, std::size_t hop, long long row) const;
  void wait_for(const TileProgram& program, GroupId group, std::size_t hop, long long row) {
    while (!takes(program, group, hop, row)) given_.wait();
  }
  /// `node` takes all rows before `rows` as its operand `operand`.
  void give(const TileProgram& program, NodeId node, int operand, long long rows);

 private:
  Event given_;
  IndexedVector<GroupId, std::vector<long long>> rows_;  ///< by hop
};

}  // namespace kirchhoff::hw
