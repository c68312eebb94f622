#include "traces/perfetto_writer.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include <fmt/compile.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json_text.h"

namespace kirchhoff {

namespace {

// A JSON string, quotes included.
std::string json_string(const std::string& text) { return json_line(nlohmann::json(text)); }

// "12.345": thousandths as the microseconds of the format.
void append_us(std::string& out, std::uint64_t ticks) {
  fmt::format_to(std::back_inserter(out), FMT_COMPILE("{}.{:03}"), ticks / 1000u, ticks % 1000u);
}

bool once(std::vector<bool>& done, int number) {
  const auto at = static_cast<std::size_t>(number);
  if (done.size() <= at) done.resize(at + 1, false);
  if (done[at]) return false;
  done[at] = true;
  return true;
}

}  // namespace

PerfettoWriter::PerfettoWriter(std::string path, std::uint64_t limit_bytes, PerfettoHead head)
    : file_(std::move(path), limit_bytes), head_(std::move(head)) {
  std::string& out = file_.buffer();
  out += R"([{"ph":"M","name":"trace","pid":0,"args":{)";
  for (const auto& [key, value] : head_.facts)
    out += json_string(key) + ":" + json_string(value) + ",";
  out += "\"microsecond\":" + json_string(head_.microsecond()) + "}}";
}

void PerfettoWriter::name_layers(const std::vector<std::string>& names) {
  layers_.clear();
  for (const std::string& name : names) layers_.push_back(json_string(name));
}

void PerfettoWriter::describe(const std::string& process, const std::string& layer,
                              const std::string& widths) {
  descriptions_[process] = layer + " " + widths;
}

void PerfettoWriter::open_event() {
  file_.flush();
  file_.buffer() += ",\n";
}

void PerfettoWriter::introduce(const EventTrack& track, bool is_thread) {
  const auto meta = [&](const char* what, const std::string& args, bool of_thread) {
    open_event();
    fmt::format_to(std::back_inserter(file_.buffer()),
                   R"({{"ph":"M","name":"{}","pid":{}{},"args":{{{}}}}})", what,
                   track.process_number + 1,
                   of_thread ? fmt::format(",\"tid\":{}", track.number + 1) : "", args);
  };
  if (once(process_named_, track.process_number)) {
    const auto text = descriptions_.find(track.process);
    const std::string name =
        track.process + (text == descriptions_.end() ? "" : " " + text->second);
    meta("process_name", fmt::format(R"("name":{})", json_string(name)), false);
    meta("process_sort_index", fmt::format(R"("sort_index":{})", track.process_number), false);
  }
  if (is_thread && once(thread_named_, track.number)) {
    const std::string& name = track.thread.empty() ? track.process : track.thread;
    meta("thread_name", fmt::format(R"("name":{})", json_string(name)), true);
    meta("thread_sort_index", fmt::format(R"("sort_index":{})", track.number), true);
  }
}

void PerfettoWriter::write_args(EventArgs args, const char* separator) {
  std::string& out = file_.buffer();
  for (const EventArg& arg : args) {
    out += separator;
    separator = ",";
    const bool layer = std::string_view(arg.key) == "layer" && arg.value >= 0 &&
                       static_cast<std::size_t>(arg.value) < layers_.size();
    if (layer) {
      fmt::format_to(std::back_inserter(out), FMT_COMPILE("\"layer\":{}"),
                     layers_[static_cast<std::size_t>(arg.value)]);
    } else {
      fmt::format_to(std::back_inserter(out), FMT_COMPILE("\"{}\":{}"), arg.key, arg.value);
    }
  }
}

void PerfettoWriter::slice(const EventTrack& track, const char* name, std::uint64_t begin_ps,
                           std::uint64_t end_ps, EventArgs args) noexcept {
  introduce(track, true);
  open_event();
  std::string& out = file_.buffer();
  fmt::format_to(std::back_inserter(out),
                 FMT_COMPILE(R"({{"ph":"X","name":"{}","pid":{},"tid":{},"ts":)"), name,
                 track.process_number + 1, track.number + 1);
  // Ends are rounded, not lengths: rounding keeps the order of ends, so that what nested and what
  // followed each other still do.
  const std::uint64_t begin = head_.ticks(begin_ps), end = head_.ticks(end_ps);
  first_tick_ = std::min(first_tick_, begin);
  last_tick_ = std::max(last_tick_, end);
  append_us(out, begin);
  out += R"(,"dur":)";
  append_us(out, end - begin);
  if (args.size() != 0) {
    out += R"(,"args":{)";
    write_args(args, "");
    out += '}';
  }
  out += '}';
}

void PerfettoWriter::counter(const EventTrack& counter, std::uint64_t ps, double value) noexcept {
  introduce(counter, false);
  open_event();
  std::string& out = file_.buffer();
  fmt::format_to(std::back_inserter(out), FMT_COMPILE(R"({{"ph":"C","name":"{}","pid":{},"ts":)"),
                 counter.thread, counter.process_number + 1);
  append_us(out, head_.ticks(ps));
  fmt::format_to(std::back_inserter(out), FMT_COMPILE(R"(,"args":{{"{}":{:.6g}}}}})"), counter.unit,
                 value);
}

void PerfettoWriter::packet(const PacketEnd& from, const PacketEnd& to, const char* name,
                            EventArgs args) noexcept {
  if (from.arrow_ps == kNoArrow || to.arrow_ps == kNoArrow) return;
  introduce(from.track, true);
  introduce(to.track, true);
  // Ids of the chip are reused by later runs of a process; those in the file are not.
  const std::uint64_t id = ++flows_;
  const auto end_point = [&](const char* phase, const PacketEnd& end) {
    open_event();
    std::string& out = file_.buffer();
    fmt::format_to(
        std::back_inserter(out),
        FMT_COMPILE(R"({{"ph":{},"cat":"noc","id":{},"name":"{}","pid":{},"tid":{},"ts":)"), phase,
        id, name, end.track.process_number + 1, end.track.number + 1);
    append_us(out, head_.ticks(end.arrow_ps));
    fmt::format_to(std::back_inserter(out), FMT_COMPILE(R"(,"args":{{"latency_ps":{})"),
                   to.ps - from.ps);
    write_args(args, ",");
    out += "}}";
  };
  end_point(R"("s")", from);
  // "bp":"e" binds the arrow to the slice around it instead of the next one.
  end_point(R"("f","bp":"e")", to);
}

// A row of its own, above all others.
void PerfettoWriter::write_run() {
  const std::size_t process = process_named_.size() + 1;
  const auto meta = [&](const char* what, const char* more, const std::string& args) {
    open_event();
    fmt::format_to(std::back_inserter(file_.buffer()),
                   R"({{"ph":"M","name":"{}","pid":{}{},"args":{{{}}}}})", what, process, more,
                   args);
  };
  meta("process_name", "", R"("name":"run")");
  meta("process_sort_index", "", R"("sort_index":-1)");
  meta("thread_name", R"(,"tid":1)", R"("name":"run")");
  open_event();
  std::string& out = file_.buffer();
  fmt::format_to(std::back_inserter(out), R"({{"ph":"X","name":{},"pid":{},"tid":1,"ts":)",
                 json_string(head_.facts.front().second), process);
  append_us(out, first_tick_);
  out += R"(,"dur":)";
  append_us(out, last_tick_ - first_tick_);
  out += R"(,"args":{)";
  const char* separator = "";
  for (const auto& [key, value] : head_.facts) {
    out += separator + json_string(key) + ":" + json_string(value);
    separator = ",";
  }
  out += "}}";
}

void PerfettoWriter::close() {
  if (!head_.facts.empty() && last_tick_ >= first_tick_) write_run();
  file_.buffer() += "\n]\n";
  file_.publish();
}

}  // namespace kirchhoff
