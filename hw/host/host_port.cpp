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
  const long long per_image = static_cast<long long>(job.result_channels) * job.result_pixels;
  expected_ = per_image * job.images;
  const auto images = static_cast<std::size_t>(job.images);
  results_.assign(job.pixels.empty() ? 0 : static_cast<std::size_t>(expected_), 0);
  times_.assign(images, {});
  received_of_image_.assign(images, 0);
  allowed_.clear();
  for (const ImageRoute& route : job.routes) allowed_.push_back(route.rows);
  begin_.notify();
  if (turns_) turns_->begin(job_.images);
}

void HostPort::send_images() {
  while (true) {
    begin_.wait();
    for (int image = 0; image < job_.images; ++image) {
      if (turns_) turns_->wait_for_host(image);
      times_[static_cast<std::size_t>(image)].first_pixel = sc_core::sc_time::from_value(now_ps());
      for (int y = 0; y < job_.height; ++y) {
        row_.set(std::int64_t{y});
        const long long row = static_cast<long long>(image) * job_.height + y;
        for (std::size_t r = 0; r < job_.routes.size(); ++r) {
          if (!job_.routes[r].travel.takes(y)) continue;
          while (row >= allowed_[r]) progress_.wait();
          send_row(image, y, job_.routes[r]);
        }
      }
      if (turns_) turns_->done();
    }
  }
}

void HostPort::send_row(int image, int y, const ImageRoute& route) {
  const int area = job_.height * job_.width;
  const int columns = route.columns > 0 ? route.columns : job_.width;
  auto packet = make_packet();
  packet->kind = PacketKind::kActivation;
  packet->destination = node_of(route.tile);
  packet->layer = LayerLabel{0};
  packet->stream = route.stream;
  packet->index = (image * job_.height + y) * columns;
  packet->count = columns;
  packet->channel_begin = route.channel_begin;
  packet->channels = route.channels;
  packet->payload_bits = static_cast<long long>(columns) * route.channels * job_.bits;
  if (!job_.pixels.empty()) {
    const std::int32_t* pixels =
        job_.pixels.data() + static_cast<std::ptrdiff_t>(image) * job_.channels * area;
    for (int x = route.column_begin; x < route.column_begin + columns; ++x) {
      for (int c = route.channel_begin; c < route.channel_begin + route.channels; ++c)
        packet->values.push_back(pixels[c * area + y * job_.width + x]);
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
    } else {
      take_result(*packet);
    }
    progress_.notify();
    if (turns_) turns_->done();
  }
}

void HostPort::take_credit(const Packet& packet) {
  for (std::size_t r = 0; r < job_.routes.size(); ++r) {
    if (node_of(job_.routes[r].tile) == packet.source)
      allowed_[r] = std::max(allowed_[r], static_cast<long long>(packet.index));
  }
}

void HostPort::take_result(const Packet& packet) {
  sc_assert(packet.kind == PacketKind::kResult);
  const int image = packet.index / job_.result_pixels, pixel = packet.index % job_.result_pixels;
  const auto at = static_cast<std::size_t>(image);
  received_ += packet.channels;
  received_of_image_[at] += packet.channels;
  if (received_of_image_[at] == static_cast<long long>(job_.result_channels) * job_.result_pixels)
    times_[at].last_result = sc_core::sc_time::from_value(now_ps());
  results_probe_.set(static_cast<std::int64_t>(received_));
  for (std::size_t i = 0; i < packet.sums.size(); ++i) {
    const auto channel =
        static_cast<std::size_t>(image * job_.result_channels + packet.channel_begin) + i;
    results_[channel * static_cast<std::size_t>(job_.result_pixels) +
             static_cast<std::size_t>(pixel)] = packet.sums[i];
  }
}

}  // namespace kirchhoff::hw
