#include "traces/gtkwave_save.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "base/portable_math.h"

namespace kirchhoff {
namespace {

// A window of 1500 x 900 pixels, in which signals with their values take 400.
constexpr int kWidth = 1500, kHeight = 900, kNames = 400, kWaves = 1030;
// Rows for which that window has room; with more, groups begin closed.
constexpr int kRoomyRows = 45;
// A group with more rows of its own begins closed then, such as all routers of a network.
constexpr std::size_t kLongGroup = 20;
constexpr std::size_t kSmallGroup = 3;
constexpr std::size_t kLaneModules = 3;

// Flags of a row (GTKWave: analyzer.h).
constexpr unsigned kDecimal = 0x24, kBinary = 0x28, kText = 0x22, kSigned = 0x420;
constexpr unsigned kCurve = 0x8024, kRoomForCurve = 0x20000;
constexpr unsigned kBegin = 0x800200, kEnd = 0x1000200, kClosed = 0xc00200, kClosedEnd = 0x1401200;

struct Row {
  std::string label;  ///< below the group
  const VcdSignal* signal;
};

struct Group {
  std::string name;
  std::string scope;  ///< of the module; empty for a lane
  std::vector<Row> rows;
  std::vector<std::unique_ptr<Group>> groups;

  Group& child(const std::string& child_name) {
    for (const auto& known : groups)
      if (known->name == child_name) return *known;
    groups.push_back(std::make_unique<Group>());
    groups.back()->name = child_name;
    groups.back()->scope = scope.empty() ? child_name : scope + "." + child_name;
    return *groups.back();
  }
  std::size_t size() const {
    std::size_t sum = rows.size();
    for (const auto& group : groups) sum += group->size();
    return sum;
  }
};

std::size_t digits_at(const std::string& name) {
  std::size_t end = name.size();
  while (end > 0 && std::isdigit(static_cast<unsigned char>(name[end - 1])) != 0) --end;
  return end;
}

/// The rows of a group and of all below it, in one list. Labels are names, which have no lanes.
std::vector<Row> flat(const Group& group) {
  // GTKWave would show what stands behind the last dot.
  const std::string lead = group.scope.empty() ? "" : group.name + " ";
  std::vector<Row> rows;
  for (const Row& row : group.rows) rows.push_back({lead + row.label, row.signal});
  for (const auto& inner : group.groups) {
    for (const Row& row : flat(*inner)) rows.push_back({lead + row.label, row.signal});
  }
  return rows;
}

void append(std::vector<Row>& rows, const std::vector<Row>& more) {
  rows.insert(rows.end(), more.begin(), more.end());
}

/// When the first of a group's signals moved.
std::uint64_t first_move(const Group& group) {
  std::uint64_t first = std::numeric_limits<std::uint64_t>::max();
  for (const Row& row : group.rows) first = std::min(first, row.signal->moved_ps.value_or(first));
  for (const auto& inner : group.groups) first = std::min(first, first_move(*inner));
  return first;
}

// The lanes come last, in the order of their numbers; their modules follow each other as they are
// reached first, a chain of stages from its beginning to its end.
void gather_lanes(Group& group, const std::string& lane) {
  std::map<std::string, std::set<std::string>> modules;  // by number
  for (const auto& child : group.groups) {
    const std::size_t digits = digits_at(child->name);
    if (digits < child->name.size())
      modules[child->name.substr(digits)].insert(child->name.substr(0, digits));
  }
  std::map<unsigned long, std::unique_ptr<Group>> lanes;
  std::vector<std::unique_ptr<Group>> others;
  for (auto& child : group.groups) {
    const std::string number = child->name.substr(digits_at(child->name));
    if (number.size() > 6 || modules[number].size() < kLaneModules) {
      others.push_back(std::move(child));
      continue;
    }
    auto& gathered = lanes[std::stoul(number)];
    if (!gathered) {
      gathered = std::make_unique<Group>();
      gathered->name = lane + " " + number;
    }
    gathered->groups.push_back(std::move(child));
  }
  for (auto& [number, gathered] : lanes) {
    auto& stages = gathered->groups;
    std::stable_sort(stages.begin(), stages.end(),
                     [](const auto& a, const auto& b) { return first_move(*a) < first_move(*b); });
    for (const auto& stage : stages) append(gathered->rows, flat(*stage));
    stages.clear();
    others.push_back(std::move(gathered));
  }
  group.groups = std::move(others);
}

void arrange(Group& group, const std::string& lane) {
  gather_lanes(group, lane);
  std::vector<std::unique_ptr<Group>> large;
  for (auto& child : group.groups) {
    arrange(*child, lane);
    if (child->size() > kSmallGroup) {
      large.push_back(std::move(child));
    } else {
      append(group.rows, flat(*child));
    }
  }
  group.groups = std::move(large);
}

class Page {
 public:
  Page(const VcdWriter& vcd, bool roomy) : vcd_(vcd), roomy_(roomy) {}

  void group(const Group& group, bool open) {
    const std::string text = vcd_.description(group.scope);
    const std::string name = text.empty() ? group.name : group.name + " " + text;
    line(open ? kBegin : kClosed, "-" + name);
    inside(group, open);
    line(open ? kEnd : kClosedEnd, "-" + name);
  }
  void inside(const Group& group, bool open) {
    for (const Row& one : group.rows) row(one);
    std::set<std::string> seen;
    for (const auto& child : group.groups) {
      const bool first = seen.insert(child->name.substr(0, digits_at(child->name))).second;
      this->group(*child, open && (roomy_ || (first && child->rows.size() <= kLongGroup)));
    }
  }
  const std::string& text() const { return text_; }

 private:
  void row(const Row& row) {
    const VcdSignal& signal = *row.signal;
    const std::string full = (signal.scope.empty() ? "" : signal.scope + ".") + signal.name;
    line(format(signal), "+{" + row.label + "} " + full + vcd_range(signal));
    if (!is_curve(signal)) return;
    line(kRoomForCurve, "-");
    line(kRoomForCurve, "-");
  }
  // A level that stays where it is is said best by its number.
  static bool is_curve(const VcdSignal& signal) {
    return signal.kind == VcdKind::kLevel && signal.changes;
  }
  static unsigned format(const VcdSignal& signal) {
    switch (signal.kind) {
      case VcdKind::kText:
        return kText;
      case VcdKind::kInteger:
        return kSigned;
      case VcdKind::kLevel:
      case VcdKind::kBits:
        return is_curve(signal) ? kCurve : signal.bits > 1 ? kDecimal : kBinary;
      case VcdKind::kEvent:
        break;
    }
    return kBinary;
  }
  // Flags hold for the lines below them as well.
  void line(unsigned flags, const std::string& text) {
    if (flags != flags_) fmt::format_to(std::back_inserter(text_), "@{:x}\n", flags);
    flags_ = flags;
    text_ += text + "\n";
  }

  const VcdWriter& vcd_;
  const bool roomy_;
  std::string text_;
  unsigned flags_ = 0;
};

}  // namespace

std::string gtkwave_save(const VcdWriter& vcd, const std::string& dump, const std::string& lane) {
  const std::vector<VcdSignal> signals = vcd.signals();
  const bool none_moved = std::none_of(signals.begin(), signals.end(), [](const VcdSignal& signal) {
    return signal.moved_ps.has_value();
  });
  Group root;
  for (const VcdSignal& signal : signals) {
    if (!signal.moved_ps && !none_moved) continue;
    Group* group = &root;
    for (std::size_t begin = 0; begin < signal.scope.size();) {
      const std::size_t end = std::min(signal.scope.find('.', begin), signal.scope.size());
      group = &group->child(signal.scope.substr(begin, end - begin));
      begin = end + 1;
    }
    group->rows.push_back({signal.name, &signal});
  }
  // What everything lies in says nothing.
  const bool of_chip = root.groups.size() == 1 && root.groups.front()->name == "chip";
  Group& top = of_chip ? *root.groups.front() : root;
  arrange(top, lane);
  Page page(vcd, top.size() <= kRoomyRows);
  page.inside(top, true);

  const std::uint64_t begin = vcd.window().start_ps;
  const std::uint64_t end = std::max(vcd.written_ps(), begin + 1);
  // 200 pixels show 2 to the power of the negated zoom.
  const double zoom = -base::portable_log(static_cast<double>(end - begin) * 200 / kWaves) /
                      base::portable_log(2.0);
  return fmt::format(
      "[*] Written by kirchhoff simulate --gtkw\n[dumpfile] \"{}\"\n[timestart] {}\n[size] {} {}\n"
      "[pos] -1 -1\n*{:.2f} {} -1\n[sst_expanded] 0\n[signals_width] {}\n{}",
      dump, begin, kWidth, kHeight, std::floor(zoom * 100) / 100, begin, kNames, page.text());
}

}  // namespace kirchhoff
