#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>

#include "hw/common/agenda.h"
#include "hw/common/clock.h"
#include "hw/common/probe.h"
#include "hw/common/sums.h"
#include "hw/common/timeline.h"
#include "hw/common/turns.h"
#include "hw/config/register_map.h"
#include "hw/noc/network_interface.h"

namespace kirchhoff::hw {

/// Where the image goes: the channels, columns and rows that one tile of the first layer stores.
struct ImageRoute {
  TileId tile{};
  int stream = 0;
  int channel_begin = 0, channels = 0;
  int rows = 0;                       ///< that the tile's buffer holds: the credits to begin with
  int column_begin = 0, columns = 0;  ///< 0 columns: all
  RowPattern travel;                  ///< rows that the tile takes
};

/// A stream of images and what is expected back.
struct HostJob {
  int images = 1;
  int channels = 0, height = 0, width = 0;
  int bits = 8;  ///< of a pixel on the wires: the first layer's activation bits
  /// Image by image: channel, row, column; empty when only sizes flow.
  std::vector<std::int32_t> pixels;
  std::vector<ImageRoute> routes;
  int result_channels = 0, result_pixels = 0;  ///< of one image
};

/// When an image was sent and when its results were complete.
struct ImageTimes {
  sc_core::sc_time first_pixel, last_result;
};

/// The chip's off-chip port: sends images row by row as far as the tiles have room, collects
/// results, and carries the host's register accesses.
class HostPort final : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<HostPort> config_socket{"config_socket"};
  sc_core::sc_port<NetworkIf> network{"network"};

  /// With `turns` every image waits for the host's turn; else images follow one another without
  /// waiting for results, and tiles hold them back by credits.
  HostPort(const sc_core::sc_module_name& name, const Clock& clock, const Tracer* tracer = nullptr,
           Turns* turns = nullptr);
  void reset();

  /// Register access in no simulated time; false when the target refuses it.
  bool write(reg::Address address, const void* bytes, unsigned length);
  bool read(reg::Address address, void* bytes, unsigned length);

  /// Begins a job at the current time; the kernel must run afterwards.
  void begin(const HostJob& job);
  bool done() const { return received_ == expected_ && expected_ > 0; }
  /// From the first pixel handed to the network to the last result received, image by image.
  const std::vector<ImageTimes>& times() const { return times_; }
  /// Accumulators of the last layer: image, channel, pixel. Empty when only sizes flow.
  const Sums& results() const { return results_; }

 private:
  void send_images();
  void receive_results();
  void take_credit(const Packet& packet);
  void take_result(const Packet& packet);
  bool access(tlm::tlm_command command, reg::Address address, unsigned char* bytes,
              unsigned length);

  const Clock& clock_;
  Turns* const turns_;
  HostJob job_;
  void send_row(int image, int y, const ImageRoute& route);

  const std::shared_ptr<Agenda> agenda_ = Agenda::of_kernel();
  Event begin_{*agenda_}, progress_{*agenda_};
  Thread send_thread_{*agenda_, [this] { send_images(); }},
      receive_thread_{*agenda_, [this] { receive_results(); }};
  std::vector<long long> allowed_;  ///< rows by route, over the stream
  std::vector<ImageTimes> times_;
  std::vector<long long> received_of_image_;
  Sums results_;
  long long received_ = 0, expected_ = 0;
  Probe row_, results_probe_;
  Timeline send_line_, receive_line_;
};

}  // namespace kirchhoff::hw
