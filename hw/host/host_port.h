#pragma once

#include <cstdint>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>

#include "hw/common/clock.h"
#include "hw/common/probe.h"
#include "hw/common/sums.h"
#include "hw/config/register_map.h"
#include "hw/noc/network_interface.h"

namespace kirchhoff::hw {

/// Where the image goes: the channels that one tile of the first layer stores.
struct ImageRoute {
  NodeId tile{};
  int stream = 0;
  int channel_begin = 0, channels = 0;
};

/// One image and what is expected back.
struct HostJob {
  int channels = 0, height = 0, width = 0;
  int bits = 8;                      ///< of a pixel on the wires: the first layer's activation bits
  std::vector<std::int32_t> pixels;  ///< channel, row, column; empty when only sizes flow
  std::vector<ImageRoute> routes;
  int result_channels = 0, result_pixels = 0;
};

/// The chip's off-chip port: sends images row by row, collects results, and carries the host's
/// register accesses.
class HostPort final : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<HostPort> config_socket{"config_socket"};
  sc_core::sc_port<NetworkIf> network{"network"};

  HostPort(const sc_core::sc_module_name& name, const Clock& clock, const Tracer* tracer = nullptr);
  void reset();

  /// Register access in no simulated time; false when the target refuses it.
  bool write(reg::Address address, const void* bytes, unsigned length);
  bool read(reg::Address address, void* bytes, unsigned length);

  /// Begins a job at the current time; the kernel must run afterwards.
  void begin(const HostJob& job);
  bool done() const { return received_ == expected_ && expected_ > 0; }
  /// Time from the first pixel handed to the network to the last result received.
  sc_core::sc_time latency() const { return last_result_ - first_pixel_; }
  /// Accumulators of the last layer: channel, then pixel. Empty when only sizes flow.
  const Sums& results() const { return results_; }

 private:
  void send_thread();
  void receive_thread();
  bool access(tlm::tlm_command command, reg::Address address, unsigned char* bytes,
              unsigned length);

  const Clock& clock_;
  HostJob job_;
  sc_core::sc_event begin_event_;
  sc_core::sc_time first_pixel_, last_result_;
  Sums results_;
  long long received_ = 0, expected_ = 0;
  Probe row_, results_probe_;
};

}  // namespace kirchhoff::hw
