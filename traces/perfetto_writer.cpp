#include "traces/perfetto_writer.h"

#include <iterator>
#include <string_view>
#include <utility>

#include <fmt/compile.h>
#include <fmt/format.h>

namespace kirchhoff {

namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<int>(c));
    } else {
      out += c;
    }
  }
  return out;
}

std::uint64_t nanoseconds(std::uint64_t ps) { return ps / 1000u + (ps % 1000u >= 500u ? 1u : 0u); }

// "12.345": nanoseconds as microseconds.
void append_us(std::string& out, std::uint64_t ns) {
  fmt::format_to(std::back_inserter(out), FMT_COMPILE("{}.{:03}"), ns / 1000u, ns % 1000u);
}

bool once(std::vector<bool>& done, int number) {
  const auto at = static_cast<std::size_t>(number);
  if (done.size() <= at) done.resize(at + 1, false);
  if (done[at]) return false;
  done[at] = true;
  return true;
}

}  // namespace

PerfettoWriter::PerfettoWriter(std::string path, std::uint64_t limit_bytes)
    : file_(std::move(path), limit_bytes) {
  file_.buffer() += "[\n";
}

void PerfettoWriter::describe(const std::string& process, const std::string& text) {
  descriptions_[process] = text;
}

void PerfettoWriter::open_event() {
  file_.flush();
  if (!first_) file_.buffer() += ",\n";
  first_ = false;
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
    meta("process_name", fmt::format(R"("name":"{}")", escaped(name)), false);
    meta("process_sort_index", fmt::format(R"("sort_index":{})", track.process_number), false);
  }
  if (is_thread && once(thread_named_, track.number)) {
    const std::string& name = track.thread.empty() ? track.process : track.thread;
    meta("thread_name", fmt::format(R"("name":"{}")", escaped(name)), true);
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
      fmt::format_to(std::back_inserter(out), FMT_COMPILE("\"layer\":\"{}\""),
                     escaped(layers_[static_cast<std::size_t>(arg.value)]));
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
  const std::uint64_t begin = nanoseconds(begin_ps);
  append_us(out, begin);
  out += R"(,"dur":)";
  append_us(out, nanoseconds(end_ps) - begin);
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
  append_us(out, nanoseconds(ps));
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
    append_us(out, nanoseconds(end.arrow_ps));
    fmt::format_to(std::back_inserter(out), FMT_COMPILE(R"(,"args":{{"latency_ps":{})"),
                   to.ps - from.ps);
    write_args(args, ",");
    out += "}}";
  };
  end_point(R"("s")", from);
  // "bp":"e" binds the arrow to the slice around it instead of the next one.
  end_point(R"("f","bp":"e")", to);
}

void PerfettoWriter::close() {
  file_.buffer() += "\n]\n";
  file_.publish();
}

}  // namespace kirchhoff
