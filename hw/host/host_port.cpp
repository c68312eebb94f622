#include "hw/host/host_port.h"

#include <memory>

namespace kirchhoff::hw {

HostPort::HostPort(const sc_core::sc_module_name& name, const Clock& clock, const Tracer* tracer)
    : sc_module(name),
      clock_(clock),
      row_(Probe::bits(tracer, *this, "image_row", 16)),
      results_probe_(Probe::bits(tracer, *this, "results_received", 24)) {
  SC_HAS_PROCESS(HostPort);
  SC_THREAD(send_thread);
  SC_THREAD(receive_thread);
}

void HostPort::reset() {
  begin_event_.cancel();
  results_.clear();
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
  expected_ = static_cast<long long>(job.result_channels) * job.result_pixels;
  results_.assign(job.pixels.empty() ? 0 : static_cast<std::size_t>(expected_), 0);
  begin_event_.notify(sc_core::SC_ZERO_TIME);
}

void HostPort::send_thread() {
  while (true) {
    wait(begin_event_);
    first_pixel_ = sc_core::sc_time_stamp();
    const int area = job_.height * job_.width;
    for (int y = 0; y < job_.height; ++y) {
      row_.set(std::int64_t{y});
      for (const ImageRoute& route : job_.routes) {
        auto packet = std::make_shared<Packet>();
        packet->kind = PacketKind::kActivation;
        packet->destination = route.tile;
        packet->layer = 0;
        packet->stream = route.stream;
        packet->index = y * job_.width;
        packet->count = job_.width;
        packet->channel_begin = route.channel_begin;
        packet->channels = route.channels;
        packet->payload_bits = static_cast<long long>(job_.width) * route.channels * job_.bits;
        if (!job_.pixels.empty()) {
          for (int x = 0; x < job_.width; ++x) {
            for (int c = route.channel_begin; c < route.channel_begin + route.channels; ++c) {
              packet->values.push_back(
                  job_.pixels[static_cast<std::size_t>(c * area + y * job_.width + x)]);
            }
          }
        }
        network->send(std::move(packet));
      }
    }
  }
}

void HostPort::receive_thread() {
  while (true) {
    const PacketPtr packet = network->receive();
    if (!packet) {
      wait(network->received_event());
      continue;
    }
    sc_assert(packet->kind == PacketKind::kResult);
    received_ += packet->channels;
    last_result_ = sc_core::sc_time_stamp();
    results_probe_.set(static_cast<std::int64_t>(received_));
    for (std::size_t i = 0; i < packet->values.size(); ++i) {
      const auto channel = static_cast<std::size_t>(packet->channel_begin) + i;
      results_[channel * static_cast<std::size_t>(job_.result_pixels) +
               static_cast<std::size_t>(packet->index)] = packet->values[i];
    }
  }
}

}  // namespace kirchhoff::hw
