#include "traces/vcd_writer.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "base/error.h"

namespace kirchhoff {
namespace {

// Changes are sorted in batches: cheaper than a heap, since most arrive in order already.
constexpr std::size_t kBatch = 1 << 14;

// Short names in the order of declaration: "!", "\"", …, then two characters.
std::string identifier(std::size_t index) {
  constexpr std::size_t kFirst = '!', kSymbols = '~' - '!' + 1;
  std::string id;
  do {
    id += static_cast<char>(kFirst + index % kSymbols);
    index = index / kSymbols;
  } while (index-- > 0);
  return id;
}

std::string without_spaces(std::string_view text) {
  std::string word(text);
  for (char& c : word) {
    if (std::isspace(static_cast<unsigned char>(c)) != 0) c = '_';
  }
  return word.empty() ? "-" : word;
}

struct Scope {
  std::string name;
  std::vector<std::unique_ptr<Scope>> children;
  std::vector<std::size_t> variables;

  Scope& child(std::string_view child_name) {
    for (const auto& known : children) {
      if (known->name == child_name) return *known;
    }
    children.push_back(std::make_unique<Scope>());
    children.back()->name = child_name;
    return *children.back();
  }
};

}  // namespace

std::string vcd_range(const VcdSignal& signal, const char* before) {
  const bool wires = signal.kind == VcdKind::kBits || signal.kind == VcdKind::kLevel;
  return wires && signal.bits > 1 ? fmt::format("{}[{}:0]", before, signal.bits - 1) : "";
}

VcdWriter::VcdWriter(std::string path, TraceWindow window, ProbeSelection* selection,
                     std::uint64_t limit_bytes, TraceForm form)
    : window_(window),
      selection_(selection),
      file_(std::move(path), limit_bytes, form),
      flush_at_(kBatch) {}

bool VcdWriter::records(const std::string& scope) const {
  const auto inside = full_names_.lower_bound(scope + ".");
  return inside != full_names_.end() && inside->compare(0, scope.size() + 1, scope + ".") == 0;
}

std::string VcdWriter::description(const std::string& scope) const {
  const auto text = descriptions_.find(scope);
  return text == descriptions_.end() ? "" : text->second;
}

VcdVariable VcdWriter::add_bits(const std::string& scope, const std::string& name, int bits) {
  return add(scope, name, VcdKind::kBits, bits);
}

VcdVariable VcdWriter::add_level(const std::string& scope, const std::string& name, int bits) {
  return add(scope, name, VcdKind::kLevel, bits);
}

VcdVariable VcdWriter::add_integer(const std::string& scope, const std::string& name, int bits) {
  return add(scope, name, VcdKind::kInteger, bits);
}

VcdVariable VcdWriter::add_text(const std::string& scope, const std::string& name,
                                std::string_view initial) {
  const VcdVariable text = add(scope, name, VcdKind::kText, 1);
  variables_.back().value = intern(initial);
  return text;
}

VcdVariable VcdWriter::add_event(const std::string& scope, const std::string& name) {
  return add(scope, name, VcdKind::kEvent, 1);
}

VcdVariable VcdWriter::add(const std::string& scope, const std::string& name, VcdKind kind,
                           int bits) {
  if (defined_) throw std::logic_error("vcd: " + name + " is declared after the first advance()");
  if (name.empty() || bits < 1 || bits > 64) {
    throw std::logic_error(fmt::format("vcd: a variable '{}' of {} bits", name, bits));
  }
  if (!full_names_.insert(scope + "." + name).second) {
    throw std::logic_error(fmt::format("vcd: {}.{} is declared twice", scope, name));
  }
  Variable& variable = variables_.emplace_back();
  variable.scope = scope;
  variable.name = without_spaces(name);
  variable.kind = kind;
  variable.bits = bits;
  variable.id = identifier(variables_.size() - 1);
  return static_cast<VcdVariable>(variables_.size() - 1);
}

void VcdWriter::change(VcdVariable variable, std::uint64_t ps, std::int64_t value) noexcept {
  const VcdKind kind = variables_[static_cast<std::size_t>(variable)].kind;
  push(variable, ps, value, kind != VcdKind::kText && kind != VcdKind::kEvent);
}

void VcdWriter::change(VcdVariable variable, std::uint64_t ps, std::string_view value) noexcept {
  const VcdKind kind = variables_[static_cast<std::size_t>(variable)].kind;
  push(variable, ps, kind == VcdKind::kText ? intern(value) : 0, kind == VcdKind::kText);
}

void VcdWriter::trigger(VcdVariable variable, std::uint64_t ps) noexcept {
  const VcdKind kind = variables_[static_cast<std::size_t>(variable)].kind;
  push(variable, ps, 0, kind == VcdKind::kEvent);
}

void VcdWriter::push(VcdVariable variable, std::uint64_t ps, std::int64_t value,
                     bool fits) noexcept {
  const auto index = static_cast<std::uint32_t>(variable);
  if (!fits) return blame(variables_[index], ps, "gets a value of another kind");
  if (ps < now_ps_) return blame(variables_[index], ps, "changes before the last advance()");
  if (ps > window_.stop_ps || stopped_ps_ || !file_.open()) return;
  pending_.push_back({ps, value, index});
}

void VcdWriter::blame(const Variable& variable, std::uint64_t ps, const char* fault) noexcept {
  if (!fault_.empty()) return;
  fault_ = fmt::format("{}: {}{}{} {} at {} ps", file_.path(), variable.scope,
                       variable.scope.empty() ? "" : ".", variable.name, fault, ps);
}

std::int64_t VcdWriter::intern(std::string_view text) {
  const auto known = text_numbers_.find(text);
  if (known != text_numbers_.end()) return known->second;
  const auto number = static_cast<std::int64_t>(texts_.size());
  texts_.push_back(without_spaces(text));
  text_numbers_.emplace(text, number);
  return number;
}

void VcdWriter::advance(std::uint64_t ps) noexcept {
  if (!file_.open()) return;
  if (!defined_) write_definitions();
  if (ps <= now_ps_) return;
  now_ps_ = ps;
  if (pending_.size() < flush_at_) return;
  flush_older_than(ps);
  // What is ahead of time stays; waiting until as much again has come keeps the cost per change
  // flat.
  flush_at_ = pending_.size() * 2 + kBatch;
}

void VcdWriter::flush_older_than(std::uint64_t ps) {
  const auto older = [ps](const Change& change) { return change.ps < ps; };
  const auto middle = std::stable_partition(pending_.begin(), pending_.end(), older);
  std::stable_sort(pending_.begin(), middle,
                   [](const Change& a, const Change& b) { return a.ps < b.ps; });
  // A value that another one replaces at the same instant lasted no time: only the last is shown.
  for (auto first = pending_.begin(); first != middle;) {
    auto last = first;
    for (; last != middle && last->ps == first->ps; ++last)
      variables_[last->variable].latest = &*last;
    for (; first != last; ++first) {
      const Variable& variable = variables_[first->variable];
      if (variable.kind == VcdKind::kEvent || variable.latest == &*first) apply(*first);
    }
  }
  pending_.erase(pending_.begin(), middle);
  file_.flush();
}

void VcdWriter::apply(const Change& change) {
  Variable& variable = variables_[change.variable];
  std::int64_t value = change.value;
  if (variable.bits < 64 && variable.kind != VcdKind::kText) {
    value &= (std::int64_t{1} << variable.bits) - 1;
  }
  if (variable.kind != VcdKind::kEvent && variable.value == value) return;
  const bool inside = change.ps >= window_.start_ps;
  if (inside && !opened_) open_window();
  variable.value = value;
  if (!variable.moved_ps) variable.moved_ps = change.ps;
  if (!inside) return;
  empty_ = false;
  variable.changes = true;
  if (!write_time(change.ps)) return;
  write_value(variable);
  file_.flush();
}

void VcdWriter::write_definitions() {
  defined_ = true;
  file_.buffer() += "$version Kirchhoff $end\n$timescale 1ps $end\n";
  Scope root;
  for (std::size_t i = 0; i < variables_.size(); ++i) {
    Scope* scope = &root;
    std::string_view rest = variables_[i].scope;
    while (!rest.empty()) {
      const std::size_t dot = std::min(rest.find('.'), rest.size());
      if (dot > 0) scope = &scope->child(without_spaces(rest.substr(0, dot)));
      rest.remove_prefix(std::min(dot + 1, rest.size()));
    }
    scope->variables.push_back(i);
  }
  const auto write_scope = [this](const Scope& scope, const auto& self) -> void {
    for (const std::size_t index : scope.variables) {
      const Variable& variable = variables_[index];
      static constexpr const char* kTypes[] = {"wire", "wire", "integer", "string", "event"};
      file_.buffer() += fmt::format("$var {} {} {} {}", kTypes[static_cast<int>(variable.kind)],
                                    variable.bits, variable.id, variable.name);
      file_.buffer() += vcd_range(variable, " ");
      file_.buffer() += " $end\n";
    }
    for (const auto& child : scope.children) {
      file_.buffer() += "$scope module " + child->name + " $end\n";
      self(*child, self);
      file_.buffer() += "$upscope $end\n";
    }
  };
  write_scope(root, write_scope);
  file_.buffer() += "$enddefinitions $end\n";
}

void VcdWriter::open_window() {
  opened_ = true;
  written_ps_ = window_.start_ps;
  fmt::format_to(std::back_inserter(file_.buffer()), "#{}\n$dumpvars\n", window_.start_ps);
  for (const Variable& variable : variables_) {
    if (variable.kind != VcdKind::kEvent) write_value(variable);
  }
  file_.buffer() += "$end\n";
}

// False when the file is full: it ends with a whole instant.
bool VcdWriter::write_time(std::uint64_t ps) {
  if (stopped_ps_) return false;
  if (ps == written_ps_) return true;
  if (file_.full()) {
    stopped_ps_ = ps;
    return false;
  }
  written_ps_ = ps;
  fmt::format_to(std::back_inserter(file_.buffer()), "#{}\n", ps);
  return true;
}

void VcdWriter::write_value(const Variable& variable) {
  std::string& out = file_.buffer();
  if (variable.kind == VcdKind::kText) {
    out += 's' + texts_[static_cast<std::size_t>(variable.value)] + ' ';
  } else if (variable.kind == VcdKind::kEvent) {
    out += '1';
  } else if (variable.kind != VcdKind::kInteger && variable.bits == 1) {
    out += variable.value != 0 ? '1' : '0';
  } else {
    // Leading zeros may be left out: readers extend a number that begins with 1 or 0 by zeros.
    out += 'b';
    const auto value = static_cast<std::uint64_t>(variable.value);
    int bit = variable.bits - 1;
    while (bit > 0 && (value >> bit & 1) == 0) --bit;
    for (; bit >= 0; --bit) out += (value >> bit & 1) != 0 ? '1' : '0';
    out += ' ';
  }
  out += variable.id;
  out += '\n';
}

void VcdWriter::close() {
  if (!file_.open()) return;
  if (!defined_) write_definitions();
  std::uint64_t end = now_ps_;
  for (const Change& change : pending_) end = std::max(end, change.ps);
  if (!pending_.empty()) {
    flush_older_than(std::numeric_limits<std::uint64_t>::max());
    // A change at the very last representable moment is "older" than nothing.
    std::for_each(pending_.begin(), pending_.end(),
                  [this](const Change& change) { apply(change); });
    pending_.clear();
  }
  if (!opened_) open_window();
  // Viewers end the picture at the last time stamp.
  if (end > written_ps_ && !file_.full()) write_time(std::min(end, window_.stop_ps));
  if (!fault_.empty()) {
    file_.discard();
    throw std::logic_error(fault_);
  }
  file_.publish();
}

}  // namespace kirchhoff
