#include "traces/event_log.h"

#include <iterator>
#include <string_view>
#include <utility>

#include <fmt/compile.h>
#include <fmt/format.h>

#include "base/csv_cell.h"

namespace kirchhoff {

namespace {

bool has_column(const EventArg& arg) {
  const std::string_view key = arg.key;
  return key == "layer" || key == "window";
}

}  // namespace

EventLog::EventLog(std::string path, std::uint64_t limit_bytes)
    : file_(std::move(path), limit_bytes) {
  file_.buffer() += "time_ps,duration_ps,tile,unit,kind,event,layer,window,details\n";
}

void EventLog::name_layers(const std::vector<std::string>& names) {
  layers_.clear();
  for (const std::string& name : names) layers_.push_back(csv_cell(name));
}

void EventLog::describe(const std::string& process, const std::string& layer, const std::string&) {
  layer_of_[process] = csv_cell(layer);
}

// Everything up to the comma before the details.
void EventLog::begin_line(const EventTrack& track, const char* kind, std::string_view event,
                          std::uint64_t ps, std::uint64_t duration_ps, EventArgs args) {
  file_.flush();
  std::string& out = file_.buffer();
  fmt::format_to(std::back_inserter(out), FMT_COMPILE("{},{},{},{},{},{},"), ps, duration_ps,
                 track.process, track.thread, kind, event);
  const EventArg* layer = nullptr;
  const EventArg* window = nullptr;
  for (const EventArg& arg : args) {
    if (std::string_view(arg.key) == "layer") layer = &arg;
    if (std::string_view(arg.key) == "window") window = &arg;
  }
  if (layer != nullptr && layer->value >= 0) {
    const auto number = static_cast<std::size_t>(layer->value);
    out += number < layers_.size() ? layers_[number] : std::to_string(layer->value);
  } else if (const auto text = layer_of_.find(track.process); text != layer_of_.end()) {
    out += text->second;
  }
  out += ',';
  if (window != nullptr) fmt::format_to(std::back_inserter(out), FMT_COMPILE("{}"), window->value);
  out += ',';
}

void EventLog::details(EventArgs args, const char* separator) {
  for (const EventArg& arg : args) {
    if (has_column(arg)) continue;
    fmt::format_to(std::back_inserter(file_.buffer()), FMT_COMPILE("{}{}={}"), separator, arg.key,
                   arg.value);
    separator = ";";
  }
}

void EventLog::slice(const EventTrack& track, const char* name, std::uint64_t begin_ps,
                     std::uint64_t end_ps, EventArgs args) noexcept {
  begin_line(track, "slice", name, begin_ps, end_ps - begin_ps, args);
  details(args, "");
  file_.buffer() += '\n';
}

void EventLog::counter(const EventTrack& counter, std::uint64_t ps, double value) noexcept {
  begin_line(counter, "counter", counter.unit, ps, 0, {});
  fmt::format_to(std::back_inserter(file_.buffer()), FMT_COMPILE("value={:.6g}\n"), value);
}

void EventLog::packet(const PacketEnd& from, const PacketEnd& to, const char* name,
                      EventArgs args) noexcept {
  begin_line(from.track, "packet", name, from.ps, to.ps - from.ps, args);
  fmt::format_to(std::back_inserter(file_.buffer()), FMT_COMPILE("to={}.{}"), to.track.process,
                 to.track.thread);
  details(args, ";");
  file_.buffer() += '\n';
}

}  // namespace kirchhoff
