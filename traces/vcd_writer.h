#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "traces/probe_selection.h"
#include "traces/trace_file.h"
#include "traces/trace_window.h"

namespace kirchhoff {

/// Handle of a variable of one VcdWriter.
enum class VcdVariable : std::uint32_t {};

enum class VcdKind : std::uint8_t { kBits, kLevel, kInteger, kText, kEvent };

/// A variable as the file declares it.
struct VcdSignal {
  std::string scope;  ///< "chip.tile0.pe3.adc2", or empty
  std::string name;
  VcdKind kind = VcdKind::kBits;
  int bits = 1;
  /// When it first left the value with which it was declared; none by the end of the window.
  std::optional<std::uint64_t> moved_ps = {};
  bool changes = false;  ///< within the window
};

/// The range that stands behind its name, "[7:0]" after `before`; empty when it has none.
std::string vcd_range(const VcdSignal& signal, const char* before = "");

/// Writes a value change dump for GTKWave and Surfer, with a time scale of 1 ps.
///
/// Variables are declared first; the first advance() closes the declarations. A module may push a
/// change ahead of the others' time (a burst of conversions at once): changes are ordered by time,
/// of several values at one instant the last counts, and what does not change a value is left out.
/// The values at the window's start are dumped; before its start and after its stop nothing is
/// written. What nothing has set yet has the value with which it was declared: 0, or the state of
/// rest. The same calls give the same bytes.
///
/// The file appears when close() is called (trace_file.h). A full one ends after the last instant
/// that fitted, and is valid. change(), trigger() and advance() never throw,
/// because they run in SystemC processes: what goes wrong there is reported by close().
class VcdWriter {
 public:
  /// `selection` may be null and must outlive the writer. Throws RunError when the file cannot be
  /// created.
  explicit VcdWriter(std::string path, TraceWindow window = {}, ProbeSelection* selection = nullptr,
                     std::uint64_t limit_bytes = kNoTraceLimit,
                     TraceForm form = TraceForm::kByName);

  /// Whether the user wants "chip.tile0.pe3.adc2.code"; asked before it is declared.
  bool wants(const std::string& name) { return selection_ == nullptr || selection_->wants(name); }

  /// `scope` is dotted ("chip.tile0.pe3.adc2") and may be empty. Throws std::logic_error when the
  /// name is taken in its scope or the declarations are closed. `bits` is in [1, 64].
  VcdVariable add_bits(const std::string& scope, const std::string& name, int bits);
  /// The same for the level of a queue or buffer, which viewers may draw as a curve.
  VcdVariable add_level(const std::string& scope, const std::string& name, int bits);
  /// A signed number, in two's complement.
  VcdVariable add_integer(const std::string& scope, const std::string& name, int bits = 32);
  /// A state by name, first `initial`. White space in a value becomes '_', as the format has no
  /// quotes.
  VcdVariable add_text(const std::string& scope, const std::string& name, std::string_view initial);
  /// Something that happens at a moment and has no value.
  VcdVariable add_event(const std::string& scope, const std::string& name);

  /// A new value from `ps` on, which must not lie before the last advance().
  void change(VcdVariable variable, std::uint64_t ps, std::int64_t value) noexcept;
  void change(VcdVariable variable, std::uint64_t ps, std::string_view value) noexcept;
  /// An event happens.
  void trigger(VcdVariable variable, std::uint64_t ps) noexcept;
  /// Promises that no change before `ps` follows, so that all older ones may be written.
  void advance(std::uint64_t ps) noexcept;

  /// What is done in a scope, for a viewer: "C1 W6A4" for "chip.tile0".
  void describe(const std::string& scope, const std::string& text) { descriptions_[scope] = text; }
  /// Empty when there is nothing to say.
  std::string description(const std::string& scope) const;

  /// Whether a variable lies in "chip.tile0" or below it.
  bool records(const std::string& scope) const;
  const std::string& path() const { return file_.path(); }
  const TraceWindow& window() const { return window_; }
  std::uint64_t bytes() const { return file_.bytes(); }
  std::uint64_t limit() const { return file_.limit(); }
  /// The instant at which the file was full, if it was.
  std::optional<std::uint64_t> stopped_ps() const { return stopped_ps_; }
  /// Whether nothing changed in the window.
  bool empty() const { return empty_; }
  /// The last instant in the file.
  std::uint64_t written_ps() const { return written_ps_; }
  /// In the order of declaration.
  std::vector<VcdSignal> signals() const { return {variables_.begin(), variables_.end()}; }

  /// Writes what is left and makes the file appear; later calls do nothing. Throws RunError when
  /// the disk refused, std::logic_error when a change came too late or did not fit its variable.
  void close();

 private:
  struct Change {
    std::uint64_t ps;
    std::int64_t value;
    std::uint32_t variable;
  };
  struct Variable : VcdSignal {
    std::string id;
    std::int64_t value = 0;          ///< a text is the number that intern() gave it
    const Change* latest = nullptr;  ///< of the instant that is being written
  };

  VcdVariable add(const std::string& scope, const std::string& name, VcdKind kind, int bits);
  void push(VcdVariable variable, std::uint64_t ps, std::int64_t value, bool fits) noexcept;
  std::int64_t intern(std::string_view text);
  void flush_older_than(std::uint64_t ps);
  void apply(const Change& change);
  void write_definitions();
  void open_window();
  bool write_time(std::uint64_t ps);
  void write_value(const Variable& variable);
  void blame(const Variable& variable, std::uint64_t ps, const char* fault) noexcept;

  const TraceWindow window_;
  ProbeSelection* const selection_;
  TraceFile file_;
  std::optional<std::uint64_t> stopped_ps_;
  std::string fault_;  ///< the first misuse

  std::vector<Variable> variables_;
  std::set<std::string> full_names_;
  std::map<std::string, std::string> descriptions_;
  std::map<std::string, std::int64_t, std::less<>> text_numbers_;
  std::vector<std::string> texts_;
  std::vector<Change> pending_;
  std::size_t flush_at_;
  std::uint64_t now_ps_ = 0;
  std::uint64_t written_ps_ = 0;
  bool defined_ = false;  ///< the declarations are closed and written
  bool opened_ = false;   ///< the window's start was written
  bool empty_ = true;
};

}  // namespace kirchhoff
