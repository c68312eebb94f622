#include "hw/host/host_port.h"

#include <algorithm>
#include <memory>

namespace kirchhoff::hw {

HostPort::HostPort(const sc_core::sc_module_name& name, const Clock& clock, const Tracer* tracer,
                   Turns* turns)
    : sc_module(name),
      clock_(clock),
      turns_(turns),
      row_(Probe::bits(tracer, *this, "image_row", 16)),
      results_probe_(Probe::bits(tracer, *this, "results_received", 24)),
      send_line_(tracer, *this, "send"),
      receive_line_(tracer, *this, "receive") {}

void HostPort::reset() {
  begin_.cancel();
  progress_.cancel();
  results_.clear();
  outputs_.clear();
  times_.clear();
  received_ = expected_ = 0;
}

bool HostPort::write(reg::Address address, const void* bytes, unsigned length) {
  return access(tlm::TLM_WRITE_COMMAND, address,
                static_cast<unsigned char*>(const_cast<void*>(bytes)), length);
}

bool HostPort::read(reg::Address address, void* bytes, unsigned length) {
  return access(tlm::TLM_READ_COMMAND, address, static_cast<unsigned char*>(bytes), length);
}

// Debug transport: loading a program takes no simulated time and may happen while the kernel is
// paused.
bool HostPort::access(tlm::tlm_command command, reg::Address address, unsigned char* bytes,
                      unsigned length) {
  tlm::tlm_generic_payload trans;
  trans.set_command(command);
  trans.set_address(address);
  trans.set_data_ptr(bytes);
  trans.set_data_length(length);
  trans.set_streaming_width(length);
  return config_socket->transport_dbg(trans) == length;
}

void HostPort::begin(const HostJob& job) {
  job_ = job;
  received_ = 0;
  expected_ = job.expected * job.images;
  const auto images = static_cast<std::size_t>(job.images);
  const auto numbers = [&](int channels, int pixels) {
    return job.functional
               ? images * static_cast<std::size_t>(channels) * static_cast<std::size_t>(pixels)
               : 0;
  };
  results_.assign(numbers(job.result_channels, job.result_pixels), 0);
  outputs_.clear();
  for (const HostOutput& output : job.outputs)
    outputs_.emplace_back(numbers(output.channels, output.pixels), 0);
  times_.assign(images, {});
  received_of_image_.assign(images, 0);
  allowed_.clear();
  for (const MapRoute& route : job.routes) allowed_.push_back(route.rows);
  find_cursors();
  begin_.notify();
  if (turns_) turns_->begin(job_.images);
}

void HostPort::find_cursors() {
  cursors_.clear();
  images_begun_ = 0;
  for (std::size_t r = 0; r < job_.routes.size(); ++r) {
    if (cursors_.empty() || cursors_.back().map != job_.routes[r].map)
      cursors_.push_back({r, r, job_.routes[r].map, 0, 0, r});
    cursors_.back().end = r + 1;
  }
}

void HostPort::send_images() {
  while (true) {
    begin_.wait();
    if (!turns_) {
      send_images(job_.images);
      continue;
    }
    for (int image = 0; image < job_.images; ++image) {
      turns_->wait_for_host(image);
      send_images(image + 1);
      turns_->done();
    }
  }
}

// Maps do not wait for each other: what holds one back may wait for another one.
void HostPort::send_images(int end) {
  while (cursors_.empty() && images_begun_ < end)
    times_[static_cast<std::size_t>(images_begun_++)].first_pixel =
        sc_core::sc_time::from_value(now_ps());
  while (true) {
    bool sent = false, waits = false;
    for (Cursor& cursor : cursors_) {
      sent = send_next(cursor, end) || sent;
      waits = waits || cursor.image < end;
    }
    if (!waits) return;
    if (!sent) progress_.wait();
  }
}

// The next row to the next tile; false if that has no room for it, or the image is at its end.
bool HostPort::send_next(Cursor& cursor, int end) {
  const int height = job_.maps[static_cast<std::size_t>(cursor.map)].height;
  while (cursor.image < end) {
    if (cursor.image == images_begun_) {
      times_[static_cast<std::size_t>(images_begun_++)].first_pixel =
          sc_core::sc_time::from_value(now_ps());
    }
    row_.set(std::int64_t{cursor.row});
    const std::size_t r = cursor.route;
    const MapRoute& route = job_.routes[r];
    const bool takes = route.travel.takes(cursor.row);
    if (takes && static_cast<long long>(cursor.image) * height + cursor.row >= allowed_[r])
      return false;
    const int image = cursor.image, row = cursor.row;
    if (++cursor.route == cursor.end) {
      cursor.route = cursor.first;
      if (++cursor.row == height) {
        cursor.row = 0;
        ++cursor.image;
      }
    }
    if (!takes) continue;
    send_row(image, row, route);
    return true;
  }
  return false;
}

void HostPort::send_row(int image, int y, const MapRoute& route) {
  const HostMap& map = job_.maps[static_cast<std::size_t>(route.map)];
  const int area = map.height * map.width;
  const int columns = route.columns > 0 ? route.columns : map.width;
  auto packet = make_packet();
  packet->kind = PacketKind::kActivation;
  packet->destination = node_of(route.tile);
  packet->layer = route.layer;
  packet->stream = route.stream;
  packet->operand = route.operand;
  packet->index = (image * map.height + y) * columns;
  packet->count = columns;
  packet->channel_begin = route.first_there;
  packet->channels = route.channels;
  packet->payload_bits = static_cast<long long>(columns) * route.channels * map.bits;
  if (!map.pixels.empty()) {
    const std::int32_t* pixels =
        map.pixels.data() + static_cast<std::ptrdiff_t>(image) * map.channels * area;
    for (int x = route.column_begin; x < route.column_begin + columns; ++x) {
      for (int c = route.channel_begin; c < route.channel_begin + route.channels; ++c)
        packet->values.push_back(pixels[c * area + y * map.width + x]);
    }
  }
  const PacketPtr sent = send_line_ ? packet : nullptr;
  const sc_core::sc_time begin = sc_core::sc_time::from_value(now_ps());
  network->send(std::move(packet));
  if (!sent) return;
  // A row that found room at once took no time: no slice, no arrow.
  const sc_core::sc_time end = sc_core::sc_time::from_value(now_ps());
  send_line_.slice("wait_network", begin, end, {{"row", y}, {"image", image}});
  send_line_.packet_sent(sent->id, end, end > begin ? begin.value() : kNoArrow);
}

void HostPort::receive_results() {
  while (true) {
    const PacketPtr packet = network->receive();
    if (!packet) {
      network->received().wait();
      continue;
    }
    receive_line_.packet_taken(packet->id, sc_core::sc_time::from_value(now_ps()), kNoArrow,
                               name_of(packet->kind),
                               {{"layer", index(packet->layer)},
                                {"from_node", index(packet->source)},
                                {"hops", packet->hops},
                                {"flits", packet->flits}});
    if (packet->kind == PacketKind::kBufferCredit) {
      take_credit(*packet);
    } else if (packet->kind == PacketKind::kActivation) {
      take_output(*packet);
    } else {
      take_result(*packet);
    }
    progress_.notify();
    if (turns_) turns_->done();
  }
}

void HostPort::take_credit(const Packet& packet) {
  for (std::size_t r = 0; r < job_.routes.size(); ++r) {
    if (node_of(job_.routes[r].tile) == packet.source && job_.routes[r].operand == packet.operand)
      allowed_[r] = std::max(allowed_[r], static_cast<long long>(packet.index));
  }
}

void HostPort::take_numbers(int image, int count) {
  const auto at = static_cast<std::size_t>(image);
  received_ += count;
  received_of_image_[at] += count;
  if (received_of_image_[at] == job_.expected)
    times_[at].last_result = sc_core::sc_time::from_value(now_ps());
  results_probe_.set(static_cast<std::int64_t>(received_));
}

// A pixel of a map that later rounds read.
void HostPort::take_output(const Packet& packet) {
  const auto found =
      std::find_if(job_.outputs.begin(), job_.outputs.end(),
                   [&](const HostOutput& output) { return output.layer == packet.layer; });
  sc_assert(found != job_.outputs.end());
  const int image = packet.index / found->pixels, pixel = packet.index % found->pixels;
  take_numbers(image, packet.channels);
  std::vector<std::int32_t>& map = outputs_[static_cast<std::size_t>(found - job_.outputs.begin())];
  for (std::size_t i = 0; i < packet.values.size(); ++i) {
    const auto channel =
        static_cast<std::size_t>(image * found->channels + packet.channel_begin) + i;
    map[channel * static_cast<std::size_t>(found->pixels) + static_cast<std::size_t>(pixel)] =
        packet.values[i];
  }
}

void HostPort::take_result(const Packet& packet) {
  sc_assert(packet.kind == PacketKind::kResult);
  const int image = packet.index / job_.result_pixels, pixel = packet.index % job_.result_pixels;
  take_numbers(image, packet.channels);
  for (std::size_t i = 0; i < packet.sums.size(); ++i) {
    const auto channel =
        static_cast<std::size_t>(image * job_.result_channels + packet.channel_begin) + i;
    results_[channel * static_cast<std::size_t>(job_.result_pixels) +
             static_cast<std::size_t>(pixel)] = packet.sums[i];
  }
}

}  // namespace kirchhoff::hw
